export type Values = Readonly<Record<string, string | number>>;

/**
 * Puts values in the place of `{name}`, and numbers as the language writes them. `{count|request|requests}` is the word that fits
 * the number `count`: the first one for one, the second one for every other number.
 */
export function createFillIn(language: string): (text: string, values?: Values) => string {
  const numbers = new Intl.NumberFormat(language);
  const plurals = new Intl.PluralRules(language);
  return (text, values = {}) =>
    text.replace(/\{(\w+)(?:\|([^|{}]*)\|([^|{}]*))?\}/g, (whole, name: string, one?: string, other?: string) => {
      const value = values[name];
      if (value === undefined) return whole;
      if (one === undefined || other === undefined) return typeof value === 'number' ? numbers.format(value) : value;
      return typeof value === 'number' && plurals.select(value) === 'one' ? one : other;
    });
}
