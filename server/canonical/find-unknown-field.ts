/** A field of an object, with its path in the request. */
interface FoundField {
  readonly name: string;
  readonly param: string;
}

/** The first unknown field of an object, or null. Fields for which `saysNothing` is true are ignored. */
export function findUnknownField(
  holder: object,
  known: ReadonlySet<string>,
  at: string,
  saysNothing: (value: unknown) => boolean = (value) => value == null,
): FoundField | null {
  for (const [name, value] of Object.entries(holder)) {
    if (!known.has(name) && !saysNothing(value)) return { name, param: at === '' ? name : `${at}.${name}` };
  }
  return null;
}
