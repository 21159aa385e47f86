import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** The first byte of packed events: plain or deflated. */
const PLAIN = 0;
const DEFLATED = 1;

/**
 * Only this much is deflated, which takes a millisecond or two. Longer events are pictures, which hardly shrink. In
 * bytes.
 */
const MAX_DEFLATED = 256 * 1024;

/** Less than this is not deflated: that would cost more time than it saves room. In bytes. */
const MIN_DEFLATED = 1024;

/** Four bytes hold the length of each event. */
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

/**
 * Copies bytes behind their tag, into memory of their own: a view of zlib's or Node's buffers would keep 8 to 16 KB
 * alive.
 */
function tagged(tag: number, bytes: Buffer): Buffer {
  const packed = Buffer.allocUnsafeSlow(1 + bytes.length);
  packed[0] = tag;
  packed.set(bytes, 1);
  return packed;
}

/** Events as one sequence of bytes. Those of a stream are much alike, and shrink to a twentieth. */
export function packEvents(events: readonly Buffer[]): Buffer {
  const joined = join(events);
  if (joined.length < MIN_DEFLATED || joined.length > MAX_DEFLATED) return tagged(PLAIN, joined);
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
