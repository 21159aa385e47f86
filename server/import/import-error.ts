/** Why a configuration cannot be imported at all. The message is one line that says what to do, and holds no key. */
export class ImportError extends Error {}
