const BEGINNING = Buffer.from('{"type":"');
const QUOTE = 0x22;
/** Longer names are not looked for, and neither are names with escapes. */
const LONGEST = 80;

interface TypedEvent {
  readonly hasValue: boolean;
  readonly bytes: Buffer;
  readonly value: { readonly type: string };
}

/** The type of an event whose JSON begins with it; null when it does not. */
function leadingType(bytes: Buffer): string | null {
  if (!bytes.subarray(0, BEGINNING.length).equals(BEGINNING)) return null;
  const rest = bytes.subarray(BEGINNING.length, BEGINNING.length + LONGEST);
  const name = rest.toString('latin1', 0, Math.max(0, rest.indexOf(QUOTE)));
  return /^[a-z_.]+$/.test(name) ? name : null;
}

/**
 * The type of an event. The bytes of most events begin with it, so that they need not be parsed: the values of events
 * that wait for a slow client would take more memory than their bytes.
 */
export const typeOf = (event: TypedEvent): string =>
  (event.hasValue ? null : leadingType(event.bytes)) ?? event.value.type;
