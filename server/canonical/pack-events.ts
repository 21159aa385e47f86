import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** How events are packed: as they are, or deflated. */
const PLAIN = 0;
const DEFLATED = 1;

/** Deflating this much takes a millisecond or two. Longer events are pictures, which hardly shrink. In bytes. */
const MAX_DEFLATED = 256 * 1024;

/** Four bytes for the length of each event. */
const LENGTH_BYTES = 4;

function join(events: readonly Buffer[]): Buffer {
  let length = 0;
  for (const event of events) length += LENGTH_BYTES + event.length;
  const joined = Buffer.allocUnsafe(length);
  let at = 0;
  for (const event of events) {
    joined.writeUInt32LE(event.length, at);
    joined.set(event, at + LENGTH_BYTES);
    at += LENGTH_BYTES + event.length;
  }
  return joined;
}

/** In memory of its own: a view of zlib's or of Node's buffers would keep 8 to 16 KB alive. */
function tagged(tag: number, bytes: Buffer): Buffer {
  const packed = Buffer.allocUnsafeSlow(1 + bytes.length);
  packed[0] = tag;
  packed.set(bytes, 1);
  return packed;
}

/** Events as one text of bytes; those of a stream, which are much alike, shrink to a twentieth. */
export function packEvents(events: readonly Buffer[]): Buffer {
  const joined = join(events);
  if (joined.length > MAX_DEFLATED) return tagged(PLAIN, joined);
  return tagged(DEFLATED, deflateRawSync(joined, { level: 1 }));
}

export function unpackEvents(packed: Uint8Array): Buffer[] {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset + 1, packed.byteLength - 1);
  const joined = packed[0] === DEFLATED ? inflateRawSync(bytes) : bytes;
  const events: Buffer[] = [];
  for (let at = 0; at < joined.length; ) {
    const start = at + LENGTH_BYTES;
    at = start + joined.readUInt32LE(at);
    events.push(joined.subarray(start, at));
  }
  return events;
}
