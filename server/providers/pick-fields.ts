/** Those fields of an object that are named, as far as it has them. */
export const pickFields = (given: object, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(given).filter(([name]) => names.includes(name)));
