/**
 * Which messages of a segment contain a term, as one bit for each message. It is stored as a list of 2-byte numbers
 * while that is shorter than the bits, which it is for nearly every term.
 */
export type Members = Uint8Array;

/** The number of messages in a segment: their keys differ only in the last 10 bits. */
export const SEGMENT_SIZE = 1_024;

const BYTES = SEGMENT_SIZE / 8;

export const segmentOf = (key: number): number => Math.floor(key / SEGMENT_SIZE);

export const emptyMembers = (): Members => new Uint8Array(BYTES);

export function addMember(members: Members, place: number): void {
  const at = place >> 3;
  members[at] = (members[at] ?? 0) | (1 << (place & 7));
}

export function removeMember(members: Members, place: number): void {
  const at = place >> 3;
  members[at] = (members[at] ?? 0) & ~(1 << (place & 7));
}

export const isEmpty = (members: Members): boolean => members.every((byte) => byte === 0);

/** The places of the members in descending order: the newest message first. */
export function placesOf(members: Members): number[] {
  const places: number[] = [];
  for (let at = BYTES - 1; at >= 0; at--) {
    const byte = members[at] ?? 0;
    if (byte === 0) continue;
    for (let bit = 7; bit >= 0; bit--) if (byte & (1 << bit)) places.push(at * 8 + bit);
  }
  return places;
}

/** The last place that both a stored row and `members` have; null when there is none. */
export function lastCommon(members: Members, stored: unknown): number | null {
  const places = placesIn(stored);
  for (const place of places) if (((members[place >> 3] ?? 0) & (1 << (place & 7))) !== 0) return place;
  return null;
}

export const intersection = (a: Members, b: Members): Members => a.map((byte, at) => byte & (b[at] ?? 0));

export function encodeMembers(members: Members): Uint8Array {
  const places = placesOf(members);
  if (places.length * 2 >= BYTES) return members;
  const list = new Uint8Array(places.length * 2);
  for (const [i, place] of places.entries()) {
    list[i * 2] = place & 0xff;
    list[i * 2 + 1] = place >> 8;
  }
  return list;
}

function bytesOf(stored: unknown): Uint8Array {
  if (stored instanceof Uint8Array) return stored;
  throw new Error('The search index holds a row that is not of its own making.');
}

/** The places in a stored row, in descending order. */
function placesIn(stored: unknown): number[] {
  const bytes = bytesOf(stored);
  if (bytes.length === BYTES) return placesOf(bytes);
  const places: number[] = [];
  for (let i = 0; i < bytes.length; i += 2) places.push((bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8));
  return places;
}

/** Adds the places of a stored row to `members`. */
export function addStored(members: Members, stored: unknown): void {
  const bytes = bytesOf(stored);
  if (bytes.length === BYTES) for (let at = 0; at < BYTES; at++) members[at] = (members[at] ?? 0) | (bytes[at] ?? 0);
  else for (const place of placesIn(bytes)) addMember(members, place);
}
