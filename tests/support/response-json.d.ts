/** What a test reads from an answer, it also expects of it: as with `JSON.parse`, the type is left open. */
declare global {
  interface Response {
    json(): Promise<ReturnType<typeof JSON.parse>>;
  }
}

export {};
