/** A fault that the operator must correct before the database can be used. The message says what to do. */
export class StoreError extends Error {}
