export interface Formats {
  number(value: number, digits?: number): string;
  /** Short counts of tokens, such as `131K`. */
  compact(value: number): string;
  /** In full: a millionth of a dollar is shown as one. */
  money(usd: number): string;
  milliseconds(ms: number): string;
  percent(share: number): string;
  day(iso: string): string;
  dateTime(iso: string): string;
  /** Such as `6 d 4 h`. */
  duration(seconds: number): string;
}

const NO_BREAK = '\u00a0';

/** Numbers, dates and money in the way of a language. A number and its unit never part. */
export function createFormats(language: string): Formats {
  const plain = new Intl.NumberFormat(language);
  const fixed = (digits: number) => new Intl.NumberFormat(language, { maximumFractionDigits: digits });
  const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 });
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' });
  const dateTime = new Intl.DateTimeFormat(language, { dateStyle: 'short', timeStyle: 'medium' });
  const unit = (value: number, name: string) =>
    new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: 'narrow' }).format(value);

  function money(usd: number): string {
    const size = Math.abs(usd);
    const digits = size === 0 || size >= 1 ? 2 : 6;
    return new Intl.NumberFormat(language, {
      style: 'currency',
      currency: 'USD',
      currencyDisplay: 'narrowSymbol',
      minimumFractionDigits: 2,
      maximumFractionDigits: digits,
    }).format(usd);
  }

  return {
    number: (value, digits) => (digits === undefined ? plain : fixed(digits)).format(value),
    compact: (value) => compact.format(value),
    money,
    milliseconds: (ms) =>
      ms < 1_000
        ? `${plain.format(Math.round(ms))}${NO_BREAK}ms`
        : `${fixed(ms < 10_000 ? 2 : 1).format(ms / 1000)}${NO_BREAK}s`,
    percent: (share) => new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(share),
    day: (iso) => date.format(new Date(iso)),
    dateTime: (iso) => dateTime.format(new Date(iso)),
    duration(seconds) {
      const days = Math.floor(seconds / 86_400);
      const hours = Math.floor((seconds % 86_400) / 3_600);
      const minutes = Math.floor((seconds % 3_600) / 60);
      const parts: [number, string][] = [
        [days, 'day'],
        [hours, 'hour'],
        [minutes, 'minute'],
        [Math.floor(seconds % 60), 'second'],
      ];
      const first = parts.findIndex(([value]) => value > 0);
      return (first < 0 ? parts.slice(3) : parts.slice(first, first + 2))
        .map(([value, name]) => unit(value, name))
        .join(NO_BREAK);
    },
  };
}
