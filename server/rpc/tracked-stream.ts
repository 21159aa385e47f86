import { type TrackedEnvelope, tracked } from '@trpc/server';
import type { ChatCompletionChunk } from '../../contracts/chat/completion.ts';
import type { ChunkBatch } from '../features/chat/relay-chunks.ts';
import type { Socket } from './context.ts';
import { drained } from './drained.ts';

/**
 * A stream of chunks as a subscription: one tracked event a chunk over websocket, while REST takes the batches
 * themselves and sends their bytes.
 */
export class TrackedStream implements AsyncIterable<TrackedEnvelope<ChatCompletionChunk>> {
  readonly batches: AsyncGenerator<ChunkBatch, void, void>;
  readonly #socket: Socket | undefined;

  constructor(batches: AsyncGenerator<ChunkBatch, void, void>, socket: Socket | undefined) {
    this.batches = batches;
    this.#socket = socket;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrackedEnvelope<ChatCompletionChunk>, void, void> {
    let id = 0;
    for await (const batch of this.batches) {
      for (const chunk of batch) {
        if (this.#socket && !(await drained(this.#socket))) return;
        yield tracked(String(id++), chunk.value);
      }
    }
  }
}
