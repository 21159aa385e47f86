import type { Socket as NetSocket } from 'node:net';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Socket } from '../../rpc/context.ts';
import { type TransferLimits, takenBytes } from '../connections/slow-transfers.ts';
import { CloseCode } from './close-codes.ts';
import { type FrameHandler, FrameReader } from './frame-reader.ts';
import { closeFrame, controlFrame, FrameError, Opcode, textFrame } from './frames.ts';
import { SocketWatch } from './socket-watch.ts';

/** A stream makes no more above this much unsent, in bytes. */
const FULL_BYTES = 256 * 1024;
/** And nothing more is read of a client that has this much to take: answers to what it asks would add to it. */
const READ_NO_MORE_BYTES = 1024 * 1024;

/** What a websocket tells of its messages, as `FrameReader` does, and of its end. */
export interface WebsocketHandler extends Pick<FrameHandler, 'limits' | 'reserve' | 'release' | 'message' | 'refused'> {
  /** Something went wrong that is no fault of the client. */
  failed(error: unknown): void;
}

/**
 * The server's side of a websocket (RFC 6455) without extensions. It is ours because it refuses one message without
 * ending the connection, and takes no more memory for an unfinished message than has come of it: see decision 7.
 */
export class Websocket implements Socket {
  readonly closed: AbortSignal;
  readonly #socket: NetSocket;
  readonly #reader: FrameReader;
  readonly #handler: WebsocketHandler;
  readonly #watch: SocketWatch;
  #state: 'open' | 'closing' | 'ended' = 'open';

  constructor(socket: NetSocket, handler: WebsocketHandler, transfers: TransferLimits) {
    this.#socket = socket;
    this.#handler = handler;
    const controller = new AbortController();
    this.closed = controller.signal;
    this.#reader = new FrameReader({
      limits: () => handler.limits(),
      reserve: (bytes) => handler.reserve(bytes),
      release: () => handler.release(),
      message: (text) => handler.message(text),
      refused: (why, ids) => handler.refused(why, ids),
      ping: (payload) => this.#pong(payload),
      close: (code) => this.#answerClose(code),
    });
    const watched = {
      received: () => socket.bytesRead,
      taken: () => takenBytes(socket),
      hasUnsent: () => socket.writableLength > 0,
      isReading: () => !socket.isPaused(),
      message: () => (this.#reader.isWithinMessage ? this.#reader.messages : null),
    };
    this.#watch = new SocketWatch(watched, transfers);
    socket.setTimeout(0);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#state = 'ended';
      this.#reader.end();
      controller.abort();
    });
    socket.on('end', () => socket.end());
    socket.on('drain', () => this.#readOn());
    socket.on('data', (chunk: Buffer) => this.#read(() => this.#reader.push(chunk)));
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get isFull(): boolean {
    return this.#socket.writableLength > FULL_BYTES;
  }

  drained(signal: AbortSignal): Promise<boolean> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      const settle = () => {
        socket.off('drain', settle).off('close', settle);
        signal.removeEventListener('abort', settle);
        resolve(this.isOpen && !signal.aborted);
      };
      socket.on('drain', settle).on('close', settle);
      signal.addEventListener('abort', settle, { once: true });
      if (!socket.writableNeedDrain || socket.destroyed || signal.aborted) settle();
    });
  }

  /** Sends a text message. */
  send(text: string): void {
    if (this.isOpen) this.#write(textFrame(text));
  }

  /** Says why, and closes: as soon as the client agrees, or after a few seconds. */
  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.#state = 'closing';
    this.#write(closeFrame(code, reason));
    this.#watch.closing(monotonicNow());
    // The client sees the reason only if what it still sends is read.
    this.#socket.resume();
  }

  terminate(): void {
    this.#socket.destroy();
  }

  /** Reads no further messages until `resume`. */
  pause(): void {
    this.#reader.pause();
    this.#socket.pause();
  }

  resume(): void {
    this.#read(() => this.#reader.resume());
    this.#readOn();
  }

  /** Called every second: gives up a client that is silent, sends too slowly or takes too slowly. */
  check(now: number): void {
    const verdict = this.#watch.check(now);
    if (verdict === 'ping' && this.isOpen) this.#write(controlFrame(Opcode.ping, Buffer.alloc(0)));
    else if (verdict === 'drop') this.terminate();
    else if (verdict === 'late') {
      this.close(
        CloseCode.policy,
        'request_timeout: A message came too slowly (BODY_STALL_SECONDS, MIN_BYTES_PER_SECOND).',
      );
    }
  }

  #write(frame: Buffer): void {
    this.#socket.write(frame);
    if (this.isOpen && this.#socket.writableLength > READ_NO_MORE_BYTES) this.#socket.pause();
  }

  /** Goes on reading, unless the reader or what is unsent forbids it. */
  #readOn(): void {
    if (this.#reader.isPaused && this.isOpen) return;
    if (this.#socket.writableLength <= READ_NO_MORE_BYTES) this.#socket.resume();
  }

  #read(read: () => void): void {
    if (this.#state === 'ended') return;
    try {
      read();
    } catch (error) {
      this.#reader.end();
      if (error instanceof FrameError) this.close(error.closeCode, error.message);
      else {
        this.#handler.failed(error);
        this.terminate();
      }
    }
  }

  #pong(payload: Buffer): void {
    if (this.isOpen && !this.isFull) this.#write(controlFrame(Opcode.pong, payload));
  }

  #answerClose(code: number | null): void {
    this.close(code ?? CloseCode.normal, '');
    this.#reader.end();
    this.#socket.end();
  }
}
