import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { stopReason } from '../errors/stop-reason.ts';
import { monotonicNow } from '../event-loop/monotonic-now.ts';
import { settledWithin } from '../event-loop/settled-within.ts';
import { toErrorEvent } from './error-dialect.ts';
import { type Heartbeat, PING } from './heartbeat.ts';

/** How long the status waits for the first chunk, in ms: a failure before it still becomes a 4xx or 5xx. */
const FIRST_CHUNK_MS = 10_000;

const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

const DATA = Buffer.from('data: ');
const END = Buffer.from('\n\n');
/** Events are joined to so many bytes, so that they are written at once. */
const JOINED_BYTES = 64 * 1024;
const SILENT = Symbol('no chunk yet');

/** One event of JSON. */
interface SentEvent {
  toBytes(): Buffer;
}

/** A stream of events to send, in batches. */
export interface EventStream<Event extends SentEvent> {
  readonly batches: AsyncGenerator<Event[], void, void>;
  /** Gives the name of each event. Absent: events have no names, and `[DONE]` follows the last one. */
  readonly eventName?: ((event: Event) => string) | undefined;
  /** What is sent while there is nothing else to send. Absent: a comment. */
  readonly ping?: Event | undefined;
  /** The number of the first event, for streams that a client can resume after a number. */
  readonly firstId?: number | undefined;
  /** Ends the stream when it aborts. When its reason is an `AppError`, the client is told that error. */
  readonly signal: AbortSignal;
}

/** How the events of a stream are written. */
interface Framing<Event> {
  readonly nameOf: ((event: Event) => string) | undefined;
  /** The number of the next event; undefined when events have no numbers. */
  next: number | undefined;
}

/** What stands before the data of an event. */
function headOf<Event>(event: Event, framing: Framing<Event>): Buffer {
  const { nameOf, next } = framing;
  if (next === undefined && !nameOf) return DATA;
  const id = next === undefined ? '' : `id: ${next}\n`;
  if (next !== undefined) framing.next = next + 1;
  return Buffer.from(nameOf ? `${id}event: ${nameOf(event)}\ndata: ` : `${id}data: `);
}

/**
 * The bytes of a batch, to be written one after the other. Short events are joined. A long event is not copied, and its
 * bytes are made when its turn comes, so that a slow client holds one long event at a time.
 */
function* framesOf<Event extends SentEvent>(batch: readonly Event[], framing: Framing<Event>): Generator<Buffer> {
  let joined: Buffer[] = [];
  let size = 0;
  for (const event of batch) {
    const bytes = event.toBytes();
    const head = headOf(event, framing);
    if (size > 0 && size + bytes.length > JOINED_BYTES) {
      yield Buffer.concat(joined, size);
      joined = [];
      size = 0;
    }
    if (bytes.length > JOINED_BYTES) {
      yield head;
      yield bytes;
      yield END;
    } else {
      joined.push(head, bytes, END);
      size += head.length + bytes.length + END.length;
    }
  }
  if (size > 0) yield Buffer.concat(joined, size);
}

const frameOf = <Event extends SentEvent>(event: Event, nameOf: (event: Event) => string): Buffer =>
  Buffer.concat([...framesOf([event], { nameOf, next: undefined })]);

/**
 * Resolves when the client has taken what was written, when it has disconnected, or when the signal aborts.
 * `SlowTransfers` disconnects clients that take too little: their requests hold money and a slot.
 */
export const drained = (raw: ServerResponse, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const drop = () => raw.destroy();
    const done = () => {
      raw.off('drain', done).off('close', done);
      signal.removeEventListener('abort', drop);
      resolve();
    };
    raw.on('drain', done).on('close', done);
    signal.addEventListener('abort', drop, { once: true });
    if (signal.aborted) drop();
    if (raw.destroyed) done();
  });

/** Takes the answer over from Fastify, with the headers that were set. Throws before anything is sent. */
export function commit(reply: FastifyReply, headers: Record<string, string>): void {
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
  reply.hijack();
  raw.writeHead(200, headers);
}

/**
 * Sends a stream as `text/event-stream`. Until the first chunk (or `FIRST_CHUNK_MS`) nothing is committed and a failure
 * throws. After that a failure is sent as an error event, and no `[DONE]` follows.
 */
export async function sendStream<Event extends SentEvent>(
  reply: FastifyReply,
  { batches, eventName, ping: own, signal, firstId }: EventStream<Event>,
  heartbeat: Heartbeat,
  onError: (error: unknown) => void,
): Promise<void> {
  let pending = batches.next();
  let first: IteratorResult<Event[], void> | typeof SILENT;
  try {
    first = (await settledWithin(pending, FIRST_CHUNK_MS)) ? await pending : SILENT;
  } catch (error) {
    await batches.return();
    throw stopReason(signal, error);
  }
  const { raw } = reply;
  try {
    commit(reply, STREAM_HEADERS);
  } catch (error) {
    await batches.return();
    throw error;
  }
  const ping = own && eventName ? frameOf(own, eventName) : PING;
  const beat = heartbeat.open(raw, ping);
  const framing = { nameOf: eventName, next: firstId };
  try {
    if (first === SILENT) raw.write(ping);
    for (let result = await pending; !result.done && !raw.destroyed; result = await pending) {
      beat.lastWrite = monotonicNow();
      for (const bytes of framesOf(result.value, framing)) {
        if (!raw.write(bytes)) await drained(raw, signal);
        if (raw.destroyed) break;
      }
      pending = batches.next();
    }
    if (!raw.destroyed && !eventName) raw.write('data: [DONE]\n\n');
  } catch (error) {
    if (!raw.destroyed) {
      onError(error);
      raw.write(toErrorEvent(reply.request, stopReason(signal, error)));
    }
  } finally {
    heartbeat.close(beat);
    raw.end();
    await batches.return();
  }
}
