import type { ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import type { Json } from '../../providers/json.ts';
import type { Meter } from './meter.ts';

export type ChunkBatch = Json<ChatCompletionChunk>[];

/**
 * The one place that every chunk of every stream passes on its way from an upstream to a client: it counts, and keeps
 * the usage from those who did not ask for it. Chunks stay bytes unless that needs more. May leave nothing of a batch.
 */
export function relayChunks(batch: ChunkBatch, includeUsage: boolean, meter: Meter): ChunkBatch {
  const relayed: ChunkBatch = [];
  for (const chunk of batch) {
    meter.chunk();
    const shown = chunk.mentions('usage') ? relayUsage(chunk, includeUsage, meter) : chunk;
    if (shown) relayed.push(shown);
  }
  return relayed;
}

function relayUsage(
  chunk: Json<ChatCompletionChunk>,
  includeUsage: boolean,
  meter: Meter,
): Json<ChatCompletionChunk> | null {
  const { usage, choices } = chunk.value;
  meter.report(usage);
  if (!usage || includeUsage) return chunk;
  return choices && choices.length > 0 ? chunk.with({ usage: undefined }) : null;
}
