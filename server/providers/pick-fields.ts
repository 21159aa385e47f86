/** The named fields of an object, as far as it has them. */
export const pickFields = (given: object, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(given).filter(([name]) => names.includes(name)));
