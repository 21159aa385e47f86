/**
 * A table that is asked for names from outside. It has its own rows only, and not those that every object inherits, such
 * as `constructor` and `__proto__`.
 */
export const tableOf = <Row>(rows: Readonly<Record<string, Row>>): Readonly<Record<string, Row>> =>
  Object.assign(Object.create(null), rows);
