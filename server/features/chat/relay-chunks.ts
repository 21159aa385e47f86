import type { ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import type { Json } from '../../providers/json.ts';
import type { Meter } from './meter.ts';

export type ChunkBatch = Json<ChatCompletionChunk>[];

interface RelayOptions {
  /** Whether the client asked for the usage chunk. */
  readonly includeUsage: boolean;
  readonly meter: Meter;
}

/**
 * The one place that every chunk of every stream passes on its way from an upstream to a client: it counts, and keeps
 * the usage from those who did not ask. Chunks stay bytes unless that needs more.
 */
export async function* relayChunks(
  batches: AsyncIterable<ChunkBatch>,
  { includeUsage, meter }: RelayOptions,
): AsyncGenerator<ChunkBatch, void, void> {
  for await (const batch of batches) {
    const out: ChunkBatch = [];
    for (const chunk of batch) {
      const relayed = relay(chunk);
      if (relayed) out.push(relayed);
    }
    if (out.length > 0) yield out;
  }

  function relay(chunk: Json<ChatCompletionChunk>): Json<ChatCompletionChunk> | null {
    meter.chunk();
    if (!chunk.mentions('usage')) return chunk;
    const { usage, choices } = chunk.value;
    meter.report(usage);
    if (!usage || includeUsage) return chunk;
    return choices && choices.length > 0 ? chunk.with({ usage: undefined }) : null;
  }
}
