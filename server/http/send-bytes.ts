import type { FastifyReply } from 'fastify';
import { toWireError } from '../errors/to-wire.ts';
import { commit, drained } from './sse.ts';

interface Answer {
  readonly contentType: string;
  readonly body: AsyncGenerator<readonly Buffer[], void, void>;
}

/**
 * Forwards a response piece by piece, no faster than the client reads. Before the first bytes nothing is committed, and
 * a failure throws. After them a stream of events ends with an error event; any other response is cut off, so that the
 * client does not take it for complete.
 */
export async function sendBytes(
  reply: FastifyReply,
  { contentType, body }: Answer,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  let next = await body.next();
  const { raw } = reply;
  const isEvents = /^text\/event-stream\b/i.test(contentType);
  try {
    commit(reply, {
      'content-type': contentType,
      ...(isEvents ? { 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' } : {}),
    });
    for (; !next.done && !raw.destroyed; next = await body.next()) {
      let taken = true;
      for (const bytes of next.value) taken = raw.write(bytes);
      if (!taken) await drained(raw, signal);
    }
    raw.end();
  } catch (error) {
    if (!raw.headersSent) throw error;
    if (raw.destroyed) return;
    onError(error);
    // The upstream may have broken off in the middle of an event.
    if (isEvents) raw.end(`\n\ndata: ${JSON.stringify(toWireError(error).body)}\n\n`);
    else raw.destroy();
  } finally {
    await body.return();
  }
}
