/** The fields of one message: each number with what it holds, in order. */
export type Fields = ReadonlyMap<number, readonly (Buffer | bigint)[]>;

/** A varint and where it ends. */
function readVarint(bytes: Buffer, start: number): [value: bigint, end: number] {
  let value = 0n;
  for (let at = start, shift = 0n; at < start + 10; at++, shift += 7n) {
    const byte = bytes.readUInt8(at);
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at + 1];
  }
  throw new Error('A varint has more than ten bytes.');
}

/** https://protobuf.dev/programming-guides/encoding/; a field of fixed width is a number, too. */
export function readMessage(bytes: Buffer): Fields {
  const fields = new Map<number, (Buffer | bigint)[]>();
  for (let at = 0; at < bytes.length; ) {
    const [key, after] = readVarint(bytes, at);
    const [value, end] = readValue(bytes, after, Number(key & 7n));
    const number = Number(key >> 3n);
    fields.set(number, [...(fields.get(number) ?? []), value]);
    at = end;
  }
  return fields;
}

function readValue(bytes: Buffer, at: number, type: number): [value: Buffer | bigint, end: number] {
  if (type === 0) return readVarint(bytes, at);
  if (type === 1) return [bytes.readBigUInt64LE(at), at + 8];
  if (type === 5) return [BigInt(bytes.readUInt32LE(at)), at + 4];
  if (type !== 2) throw new Error(`Protocol buffers have no wire type ${type}.`);
  const [length, start] = readVarint(bytes, at);
  const end = start + Number(length);
  if (end > bytes.length) throw new Error('A field is longer than its message.');
  return [bytes.subarray(start, end), end];
}

export const messagesOf = (fields: Fields, number: number): Buffer[] =>
  (fields.get(number) ?? []).filter((value) => Buffer.isBuffer(value));

export const bytesOf = (fields: Fields, number: number): Buffer => messagesOf(fields, number).at(-1) ?? Buffer.alloc(0);

export const textOf = (fields: Fields, number: number): string => bytesOf(fields, number).toString();

export const numberOf = (fields: Fields, number: number): bigint =>
  (fields.get(number) ?? []).filter((value) => typeof value === 'bigint').at(-1) ?? 0n;
