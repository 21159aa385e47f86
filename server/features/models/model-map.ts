/** Names that clients are built with → the alias that serves them. A name may hold one `*`, for any text. */
export class ModelMap {
  readonly #exact = new Map<string, string>();
  readonly #globs: { readonly head: string; readonly tail: string; readonly alias: string }[] = [];

  constructor(entries: Readonly<Record<string, string>>) {
    for (const [name, alias] of Object.entries(entries)) {
      const star = name.indexOf('*');
      if (star < 0) this.#exact.set(name, alias);
      else this.#globs.push({ head: name.slice(0, star), tail: name.slice(star + 1), alias });
    }
  }

  /** The names without a `*`, which a list of models can show. */
  get names(): string[] {
    return [...this.#exact.keys()];
  }

  /** A whole name comes before a pattern, and the patterns in the order of the file. */
  find(name: string): string | undefined {
    return (
      this.#exact.get(name) ??
      this.#globs.find(
        ({ head, tail }) => name.length >= head.length + tail.length && name.startsWith(head) && name.endsWith(tail),
      )?.alias
    );
  }
}
