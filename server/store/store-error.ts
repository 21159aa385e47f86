/** What the operator has to mend before the database can be used; the message says what. */
export class StoreError extends Error {}
