/** Kinds of frames (RFC 6455, 5.2). */
export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const FIN = 0x80;
const MASKED = 0x80;
/** The value of the length field that announces a 16-bit length; the next value announces a 64-bit length. */
const LENGTH_16 = 126;
const LENGTH_64 = 127;
/** The longest reason of a close frame, in bytes: a control frame holds 125 bytes, of which the code takes two. */
const MAX_REASON_BYTES = 123;

/** A server's frame, unfragmented and unmasked. `write` puts the payload at an offset. */
function build(opcode: number, length: number, write: (frame: Buffer, at: number) => void): Buffer {
  const head = length < LENGTH_16 ? 2 : length < 0x10000 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = FIN | opcode;
  if (head === 2) frame[1] = length;
  else if (head === 4) {
    frame[1] = LENGTH_16;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = LENGTH_64;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  write(frame, head);
  return frame;
}

export const textFrame = (text: string): Buffer =>
  build(Opcode.text, Buffer.byteLength(text), (frame, at) => frame.write(text, at));

/** A ping or pong with a payload of at most 125 bytes. */
export const controlFrame = (opcode: number, payload: Buffer): Buffer =>
  build(opcode, payload.length, (frame, at) => payload.copy(frame, at));

/** A close frame. The reason is cut to what the frame holds, never within a character. */
export function closeFrame(code: number, reason: string): Buffer {
  let bytes = Buffer.from(reason);
  if (bytes.length > MAX_REASON_BYTES) {
    let end = MAX_REASON_BYTES;
    while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
    bytes = bytes.subarray(0, end);
  }
  return build(Opcode.close, 2 + bytes.length, (frame, at) => {
    frame.writeUInt16BE(code, at);
    bytes.copy(frame, at + 2);
  });
}

/** What the first bytes of a client's frame say. */
export interface FrameHead {
  readonly fin: boolean;
  readonly opcode: number;
  /** The length of the payload, in bytes. It can be larger than a JavaScript number holds exactly. */
  readonly length: number;
  /** The four bytes that the payload is masked with. */
  readonly mask: Uint8Array;
}

/** Thrown for a client's frame that RFC 6455 does not allow. The connection is closed with the code. */
export class FrameError extends Error {
  readonly closeCode: number;

  constructor(closeCode: number, message: string) {
    super(message);
    this.closeCode = closeCode;
  }
}

/** The longest head of a client's frame: two bytes, a length of eight and a mask of four. */
export const MAX_HEAD_BYTES = 14;

/** The length of the head, as far as its first `have` bytes tell. */
export function headLength(head: Uint8Array, have: number): number {
  if (have < 2) return 2;
  const second = head[1] ?? 0;
  const length = second & 0x7f;
  return 2 + (length === LENGTH_64 ? 8 : length === LENGTH_16 ? 2 : 0) + (second & MASKED ? 4 : 0);
}

const KNOWN: ReadonlySet<number> = new Set(Object.values(Opcode));
const PROTOCOL_ERROR = 1002;

/** Reads a whole head. Throws `FrameError`. */
export function readHead(head: Buffer): FrameHead {
  const [first = 0, second = 0] = head;
  const opcode = first & 0x0f;
  const fin = (first & FIN) !== 0;
  const short = second & 0x7f;
  if ((first & 0x70) !== 0) throw new FrameError(PROTOCOL_ERROR, 'No extension was agreed on, but a frame uses one.');
  if (!KNOWN.has(opcode)) throw new FrameError(PROTOCOL_ERROR, `A frame has the unknown opcode ${opcode}.`);
  if ((second & MASKED) === 0) throw new FrameError(PROTOCOL_ERROR, 'A client must mask its frames.');
  if (opcode >= Opcode.close && (!fin || short >= LENGTH_16)) {
    throw new FrameError(PROTOCOL_ERROR, 'A control frame must be whole and have at most 125 bytes.');
  }
  const end = headLength(head, 2);
  const length =
    short === LENGTH_64 ? Number(head.readBigUInt64BE(2)) : short === LENGTH_16 ? head.readUInt16BE(2) : short;
  return { fin, opcode, length, mask: head.subarray(end - 4, end) };
}
