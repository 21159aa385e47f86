import { isUtf8 } from 'node:buffer';
import { CloseCode, isCloseCode } from './close-codes.ts';
import { FrameError, type FrameHead, headLength, MAX_HEAD_BYTES, Opcode, readHead } from './frames.ts';
import { type CallId, IdScanner } from './id-scanner.ts';
import { MessageBuffer } from './message-buffer.ts';

/** Why a message was not kept. */
export type Refusal = 'too_large' | 'no_room' | 'binary';

/** How much of a message is kept and read, in bytes. */
export interface MessageLimits {
  /** The longest message that is kept. */
  readonly kept: number;
  /**
   * A longer message is read up to this length without being kept, to find the ids of its calls. One that is longer
   * still ends the connection.
   */
  readonly read: number;
}

/** Receives what a reader has read. */
export interface FrameHandler {
  /** The limits now. The reader asks at each frame, since they grow when the key becomes known. */
  limits(): MessageLimits;
  /** Reserves room for so many more bytes of a message. False when there is no room. */
  reserve(bytes: number): boolean;
  /** Gives back what was reserved. */
  release(): void;
  /** Receives a whole text message, which is valid UTF-8. */
  message(text: Buffer): void;
  /** Receives the ids of the calls of a message that was not kept. */
  refused(why: Refusal, ids: readonly CallId[]): void;
  ping(payload: Buffer): void;
  /** Called when the client closes. The code is null when it gave none. */
  close(code: number | null): void;
}

/** The most ids that are found in a message that is not kept. */
const MAX_IDS = 1_000;

/**
 * Reads the frames of a client (RFC 6455) as their bytes arrive. A message takes no more memory than has arrived of it.
 * A message beyond the limits is read on without being kept, so that only its own calls are refused.
 */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #head = Buffer.alloc(MAX_HEAD_BYTES);
  #headBytes = 0;
  #frame: FrameHead | null = null;
  /** How many bytes of the frame's payload were read. */
  #done = 0;
  #control = Buffer.alloc(0);
  /** The opcode of the message that is being read, `text` or `binary`; null between messages. */
  #kind: number | null = null;
  #messageBytes = 0;
  readonly #message = new MessageBuffer();
  #refusal: Refusal | null = null;
  #scanner: IdScanner | null = null;
  #rest: Buffer | null = null;
  #paused = false;
  #ended = false;
  #messages = 0;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /** Whether a frame or a message has begun and not ended. */
  get isWithinMessage(): boolean {
    return this.#kind !== null || this.#frame !== null || this.#headBytes > 0;
  }

  /** How many messages have ended. */
  get messages(): number {
    return this.#messages;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** Throws `FrameError`. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#ended) {
      if (this.#paused) {
        const rest = chunk.subarray(at);
        this.#rest = this.#rest ? Buffer.concat([this.#rest, rest]) : rest;
        return;
      }
      at = this.#frame ? this.#readPayload(this.#frame, chunk, at) : this.#readHead(chunk, at);
    }
  }

  /** Stops reading until `resume`. Data that is pushed before that is kept, so the caller must stop reading its socket. */
  pause(): void {
    this.#paused = true;
  }

  /** Throws `FrameError`. */
  resume(): void {
    this.#paused = false;
    const rest = this.#rest;
    this.#rest = null;
    if (rest) this.push(rest);
  }

  /** Reads no more, and frees what it keeps. */
  end(): void {
    this.#ended = true;
    this.#rest = null;
    this.#takeMessage();
  }

  #readHead(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && this.#headBytes < headLength(this.#head, this.#headBytes)) {
      this.#head[this.#headBytes++] = chunk[at++] ?? 0;
    }
    if (this.#headBytes < headLength(this.#head, this.#headBytes)) return at;
    const frame = readHead(Buffer.from(this.#head.subarray(0, this.#headBytes)));
    this.#headBytes = 0;
    this.#begin(frame);
    if (frame.length === 0) this.#end(frame);
    return at;
  }

  #begin(frame: FrameHead): void {
    this.#frame = frame;
    this.#done = 0;
    if (frame.opcode >= Opcode.close) {
      this.#control = Buffer.alloc(frame.length);
      return;
    }
    const begun = this.#kind !== null;
    if (begun !== (frame.opcode === Opcode.continuation)) {
      const message = begun
        ? 'A message begins within another one.'
        : 'A frame continues a message that has not begun.';
      throw new FrameError(CloseCode.protocolError, message);
    }
    this.#kind ??= frame.opcode;
    this.#messageBytes += frame.length;
    const { kept, read } = this.#handler.limits();
    if (this.#messageBytes > read) {
      throw new FrameError(CloseCode.tooLarge, `A message may have at most ${kept} bytes.`);
    }
    if (this.#kind === Opcode.binary) this.#refuse('binary');
    else if (this.#messageBytes > kept) this.#refuse('too_large');
  }

  #readPayload(frame: FrameHead, chunk: Buffer, from: number): number {
    const end = Math.min(chunk.length, from + frame.length - this.#done);
    const piece = chunk.subarray(from, end);
    const { mask } = frame;
    for (let at = 0; at < piece.length; at++) piece[at] = (piece[at] ?? 0) ^ (mask[(this.#done + at) & 3] ?? 0);
    if (frame.opcode >= Opcode.close) this.#control.set(piece, this.#done);
    else this.#addToMessage(piece);
    this.#done += piece.length;
    if (this.#done === frame.length) this.#end(frame);
    return end;
  }

  #addToMessage(piece: Buffer): void {
    if (!this.#refusal && !this.#handler.reserve(this.#message.capacityFor(piece.length) - this.#message.capacity)) {
      this.#refuse('no_room');
    }
    if (this.#refusal) this.#scanner?.push(piece);
    else this.#message.append(piece);
  }

  /** Drops what was kept of the message. From here on the reader only looks for ids. */
  #refuse(why: Refusal): void {
    if (this.#refusal) return;
    this.#refusal = why;
    if (why === 'binary') return;
    this.#scanner = new IdScanner(MAX_IDS);
    this.#scanner.push(this.#takeMessage());
  }

  #takeMessage(): Buffer {
    this.#handler.release();
    return this.#message.take();
  }

  #end(frame: FrameHead): void {
    this.#frame = null;
    if (frame.opcode >= Opcode.close) this.#endControl(frame.opcode, this.#control);
    else if (frame.fin) this.#endMessage();
  }

  #endControl(opcode: number, payload: Buffer): void {
    if (opcode === Opcode.ping) this.#handler.ping(payload);
    if (opcode !== Opcode.close) return;
    const code = payload.length === 0 ? null : payload.length === 1 ? 0 : payload.readUInt16BE(0);
    if (code !== null && !isCloseCode(code))
      throw new FrameError(CloseCode.protocolError, 'The close code is not valid.');
    this.#handler.close(code);
  }

  #endMessage(): void {
    this.#messages++;
    const why = this.#refusal;
    const ids = this.#scanner?.ids ?? [];
    this.#kind = null;
    this.#messageBytes = 0;
    this.#refusal = null;
    this.#scanner = null;
    const text = this.#takeMessage();
    if (why) this.#handler.refused(why, ids);
    else if (isUtf8(text)) this.#handler.message(text);
    else throw new FrameError(CloseCode.invalidText, 'A text message is not valid UTF-8.');
  }
}
