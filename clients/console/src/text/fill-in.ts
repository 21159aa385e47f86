export type Values = Readonly<Record<string, string | number>>;

/** Puts values in the place of `{name}`. */
export const fillIn = (text: string, values: Values = {}): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
