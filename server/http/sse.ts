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
const SILENT = Symbol('no chunk yet');

/** One event, as bytes of JSON and as its value. */
interface SentEvent<Event> {
  readonly bytes: Buffer;
  readonly value: Event;
}

/** A stream of events to send, in batches. */
export interface EventStream<Event> {
  readonly batches: AsyncGenerator<SentEvent<Event>[], void, void>;
  /** Gives the name of each event. Absent: events have no names, and `[DONE]` follows the last one. */
  readonly eventName?: ((event: Event) => string) | undefined;
  /** What is sent while there is nothing else to send. Absent: a comment. */
  readonly ping?: SentEvent<Event> | undefined;
  /** The number of the first event, for streams that a client can resume after a number. */
  readonly firstId?: number | undefined;
  /** Ends the stream when it aborts. When its reason is an `AppError`, the client is told that error. */
  readonly signal: AbortSignal;
}

function frameNamed<Event>(batch: readonly SentEvent<Event>[], nameOf: (event: Event) => string): Buffer {
  return Buffer.concat(batch.flatMap((event) => [Buffer.from(`event: ${nameOf(event.value)}\n`), frame([event])]));
}

/** Writes each event with its number as `id`. */
function frameNumbered<Event>(
  batch: readonly SentEvent<Event>[],
  first: number,
  nameOf: ((event: Event) => string) | undefined,
): Buffer {
  return Buffer.concat(
    batch.flatMap((event, i) => [
      Buffer.from(nameOf ? `id: ${first + i}\nevent: ${nameOf(event.value)}\n` : `id: ${first + i}\n`),
      frame([event]),
    ]),
  );
}

/** Writes a batch of events without names or numbers. */
function frame(batch: readonly { readonly bytes: Buffer }[]): Buffer {
  let length = 0;
  for (const { bytes } of batch) length += DATA.length + bytes.length + END.length;
  const out = Buffer.allocUnsafe(length);
  let at = 0;
  for (const { bytes } of batch) {
    out.set(DATA, at);
    out.set(bytes, at + DATA.length);
    at += DATA.length + bytes.length + END.length;
    out.set(END, at - END.length);
  }
  return out;
}

const frameBatch = <Event>(
  batch: readonly SentEvent<Event>[],
  first: number | undefined,
  nameOf: ((event: Event) => string) | undefined,
): Buffer => {
  if (first !== undefined) return frameNumbered(batch, first, nameOf);
  return nameOf ? frameNamed(batch, nameOf) : frame(batch);
};

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
export async function sendStream<Event>(
  reply: FastifyReply,
  { batches, eventName, ping: own, signal, firstId }: EventStream<Event>,
  heartbeat: Heartbeat,
  onError: (error: unknown) => void,
): Promise<void> {
  let pending = batches.next();
  let first: IteratorResult<SentEvent<Event>[], void> | typeof SILENT;
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
  const ping = own && eventName ? frameNamed([own], eventName) : PING;
  const beat = heartbeat.open(raw, ping);
  let id = firstId;
  try {
    if (first === SILENT) raw.write(ping);
    for (let result = await pending; !result.done && !raw.destroyed; result = await pending) {
      beat.lastWrite = monotonicNow();
      const bytes = frameBatch(result.value, id, eventName);
      if (id !== undefined) id += result.value.length;
      if (!raw.write(bytes)) await drained(raw, signal);
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
