import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** A frame of the server. */
interface ServerFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** A websocket whose every byte the test writes itself. */
export interface RawWebsocket {
  readonly socket: Socket;
  /** The next frame; null when the connection ended. */
  next(): Promise<ServerFrame | null>;
  /** The next frame as JSON. */
  nextJson(): Promise<unknown>;
  /** The code and the reason of the close frame that comes next, whatever comes before it. */
  closeReason(): Promise<[code: number, reason: string]>;
  readonly closed: Promise<void>;
}

interface FrameOptions {
  readonly fin?: boolean;
  readonly rsv?: number;
  readonly masked?: boolean;
  /** What the head announces; default: what the payload has. */
  readonly length?: number;
}

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A client's frame. */
export function frameOf(opcode: number, data: string | Buffer, options: FrameOptions = {}): Buffer {
  const { fin = true, rsv = 0, masked = true } = options;
  const payload = Buffer.from(data);
  const length = options.length ?? payload.length;
  const short = length < 126 ? length : length < 0x10000 ? 126 : 127;
  const extended = Buffer.alloc(short === 126 ? 2 : short === 127 ? 8 : 0);
  if (short === 126) extended.writeUInt16BE(length);
  if (short === 127) extended.writeBigUInt64BE(BigInt(length));
  const mask = masked ? randomBytes(4) : Buffer.alloc(0);
  if (masked) for (let at = 0; at < payload.length; at++) payload[at] = (payload[at] ?? 0) ^ (mask[at & 3] ?? 0);
  const head = Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode, (masked ? 0x80 : 0) | short]);
  return Buffer.concat([head, extended, mask, payload]);
}

/** Takes whole frames off the front of what came. */
function takeFrame(bytes: Buffer): { frame: ServerFrame; rest: Buffer } | null {
  const [first = 0, second = 0] = bytes;
  const at = second === 126 ? 4 : second === 127 ? 10 : 2;
  if (bytes.length < at) return null;
  const length = second === 126 ? bytes.readUInt16BE(2) : second === 127 ? Number(bytes.readBigUInt64BE(2)) : second;
  if (bytes.length < at + length) return null;
  return {
    frame: { opcode: first & 0x0f, payload: bytes.subarray(at, at + length) },
    rest: bytes.subarray(at + length),
  };
}

/** The head of a request for a websocket. Lines are added to it, or replace those of the same name. */
export function handshakeOf(path = '/trpc', headers: Record<string, string> = {}): string {
  const all = {
    host: 'gateway',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `${[`GET ${path} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`;
}

/** Opens a websocket. `first` is written together with the handshake. */
export async function openRawWebsocket(
  gateway: { readonly url: string },
  headers: Record<string, string> = {},
  first: Buffer = Buffer.alloc(0),
): Promise<RawWebsocket> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(Buffer.concat([Buffer.from(handshakeOf('/trpc', headers)), first]));
  let bytes: Buffer = Buffer.alloc(0);
  let head: string | null = null;
  let ended = false;
  let wake = () => {};
  const onData = (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    const end = head === null ? bytes.indexOf('\r\n\r\n') : -1;
    if (end !== -1) {
      head = bytes.subarray(0, end).toString();
      bytes = bytes.subarray(end + 4);
    }
    wake();
  };
  const changed = () => new Promise<void>((resolve) => (wake = resolve));
  const closed = new Promise<void>((resolve) =>
    socket.once('close', () => {
      ended = true;
      wake();
      resolve();
    }),
  );
  socket.on('data', onData);
  while (head === null && !ended) await changed();
  if (!String(head).startsWith('HTTP/1.1 101 ')) throw new Error(`The websocket was refused: ${head}`);
  const next = async (): Promise<ServerFrame | null> => {
    for (;;) {
      const taken = takeFrame(bytes);
      if (taken) {
        bytes = taken.rest;
        return taken.frame;
      }
      if (ended) return null;
      await changed();
    }
  };
  return {
    socket,
    next,
    closed,
    nextJson: async () => JSON.parse(String((await next())?.payload)),
    async closeReason() {
      for (let frame = await next(); frame; frame = await next()) {
        if (frame.opcode === OPCODE.close) return [frame.payload.readUInt16BE(0), frame.payload.subarray(2).toString()];
      }
      throw new Error('The connection ended without a close frame.');
    },
  };
}
