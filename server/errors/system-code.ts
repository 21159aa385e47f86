/** The code that Node.js and its libraries give an error, such as `ECONNRESET`; empty when it has none. */
export const systemCodeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
