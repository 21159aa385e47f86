import type { Socket as NetSocket } from 'node:net';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import { nextTurn } from '../../event-loop/next-turn.ts';
import type { Socket } from '../../rpc/context.ts';
import { type TransferLimits, takenBytes } from '../connections/slow-transfers.ts';
import { CloseCode } from './close-codes.ts';
import { type FrameHandler, FrameReader } from './frame-reader.ts';
import { closeFrame, controlFrame, FrameError, Opcode, textFrame } from './frames.ts';
import { SocketWatch } from './socket-watch.ts';

/** While more than this is unsent, streams make no more events. In bytes. */
const FULL_BYTES = 256 * 1024;
/** While more than this is unsent, nothing is read from the client, because the answers would add to it. In bytes. */
const READ_NO_MORE_BYTES = 1024 * 1024;

/** How many messages and pings are taken before everybody else has a turn of the event loop: 64 wrong ones take 4 ms. */
const MESSAGES_IN_TURN = 64;

/** How long a stream that was woken has to send something, before the next one is woken as well. In ms. */
const WAKE_MS = 20;

/** Receives the messages of a websocket from `FrameReader`, and its end. */
export interface WebsocketHandler extends Pick<FrameHandler, 'limits' | 'reserve' | 'release' | 'message' | 'refused'> {
  /** Receives an error that is not the client's fault. */
  failed(error: unknown): void;
}

/**
 * The server's side of a websocket (RFC 6455), without extensions. It is our own because it can refuse one message
 * without closing the connection, and takes no more memory for an unfinished message than has arrived of it; see
 * decision 7.
 */
export class Websocket implements Socket {
  readonly closed: AbortSignal;
  readonly #socket: NetSocket;
  readonly #reader: FrameReader;
  readonly #handler: WebsocketHandler;
  readonly #watch: SocketWatch;
  #state: 'open' | 'closing' | 'ended' = 'open';
  /** How many have paused it. */
  #pauses = 0;
  #isWaking = false;
  #nextWake: NodeJS.Timeout | undefined;
  /** The streams that wait until the client has taken what was sent. */
  readonly #waiting = new Set<() => void>();
  #messagesInTurn = 0;

  constructor(socket: NetSocket, handler: WebsocketHandler, transfers: TransferLimits) {
    this.#socket = socket;
    this.#handler = handler;
    const controller = new AbortController();
    this.closed = controller.signal;
    this.#reader = new FrameReader({
      limits: () => handler.limits(),
      reserve: (bytes) => handler.reserve(bytes),
      release: () => handler.release(),
      message: (text) => {
        handler.message(text);
        this.#countMessage();
      },
      refused: (why, ids) => {
        handler.refused(why, ids);
        this.#countMessage();
      },
      ping: (payload) => {
        this.#pong(payload);
        this.#countMessage();
      },
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
      clearTimeout(this.#nextWake);
      for (const settle of this.#waiting) settle();
    });
    socket.on('end', () => socket.end());
    socket.on('drain', () => {
      this.#readOn();
      this.#wakeNext();
    });
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
        this.#waiting.delete(settle);
        signal.removeEventListener('abort', settle);
        resolve(this.isOpen && !signal.aborted);
      };
      this.#waiting.add(settle);
      signal.addEventListener('abort', settle, { once: true });
      if (socket.destroyed || signal.aborted) settle();
      else if (!socket.writableNeedDrain && this.#waiting.size === 1) this.#wakeSoon();
    });
  }

  /** Sends a text message. */
  send(text: string): void {
    if (this.isOpen) this.#write(textFrame(text));
  }

  /** Sends the reason and closes: as soon as the client confirms, or after a few seconds. */
  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.#state = 'closing';
    this.#write(closeFrame(code, reason));
    this.#watch.closing(monotonicNow());
    // The client only sees the reason if we still read what it sends.
    this.#socket.resume();
  }

  terminate(): void {
    this.#socket.destroy();
  }

  /** Reads no further messages until `resume`. */
  pause(): void {
    this.#pauses++;
    this.#reader.pause();
    this.#socket.pause();
  }

  resume(): void {
    this.#pauses--;
    if (this.#pauses > 0) return;
    this.#read(() => this.#reader.resume());
    this.#readOn();
  }

  /** Reads no further messages until the work is done. The work must not throw. */
  async pauseFor(work: () => Promise<void>): Promise<void> {
    this.pause();
    await work();
    this.resume();
  }

  /**
   * Call it every second. It closes the connection of a client that is silent, sends too slowly or takes too slowly.
   */
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

  /**
   * Wakes the streams one after the other, as long as there is room: each may hold a long event, and all of them
   * together would send theirs at once.
   */
  #wakeNext(): void {
    if (this.isFull) return;
    const [settle] = this.#waiting;
    settle?.();
    clearTimeout(this.#nextWake);
    if (this.#waiting.size > 0) this.#nextWake = setTimeout(() => this.#wakeNext(), WAKE_MS);
  }

  #wakeSoon(): void {
    if (this.#isWaking) return;
    this.#isWaking = true;
    setImmediate(() => {
      this.#isWaking = false;
      this.#wakeNext();
    });
  }

  #write(frame: Buffer): void {
    this.#socket.write(frame);
    // The stream that was woken has sent something, so it is the turn of the next one.
    if (this.#waiting.size > 0) this.#wakeSoon();
    if (this.isOpen && this.#socket.writableLength > READ_NO_MORE_BYTES) this.#socket.pause();
  }

  /** Reads on, unless the reader is paused or too much is unsent. */
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

  /**
   * Waits after so many messages: a few kilobytes hold thousands of them, each of which may cost far more than its bytes.
   */
  #countMessage(): void {
    this.#messagesInTurn++;
    if (this.#messagesInTurn < MESSAGES_IN_TURN) return;
    this.#messagesInTurn = 0;
    this.pause();
    void nextTurn().then(() => this.resume());
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
