import type { ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import type { Json } from '../../providers/json.ts';
import type { Meter } from './meter.ts';

export type ChunkBatch = Json<ChatCompletionChunk>[];

interface RelayOptions {
  /** What clients see as `model`. */
  readonly alias: string;
  /** Whether the client asked for the usage chunk. */
  readonly includeUsage: boolean;
  readonly meter: Meter;
}

/**
 * The one place that every chunk of every stream passes on its way from an upstream to a client: it shows the alias,
 * counts, and keeps the usage from those who did not ask. Chunks stay bytes unless one of these needs more.
 */
export async function* relayChunks(
  batches: AsyncIterable<ChunkBatch>,
  { alias, includeUsage, meter }: RelayOptions,
): AsyncGenerator<ChunkBatch, void, void> {
  const shown = `"model":${JSON.stringify(alias)}`;
  for await (const batch of batches) {
    const out: ChunkBatch = [];
    for (const chunk of batch) {
      const relayed = relay(chunk);
      if (relayed) out.push(relayed);
    }
    if (out.length > 0) yield out;
  }

  function relay(chunk: Json<ChatCompletionChunk>): Json<ChatCompletionChunk> | null {
    let relayed = chunk;
    if (!chunk.hasBytes || chunk.bytes.includes('"usage"')) {
      const { usage, choices } = chunk.value;
      meter.report(usage);
      if (usage && !includeUsage) {
        if (!choices || choices.length === 0) return null;
        relayed = chunk.with({ usage: undefined });
      }
    }
    meter.chunk();
    if (relayed.hasBytes) return relayed.bytes.includes(shown) ? relayed : relayed.with({ model: alias });
    return relayed.value.model === alias ? relayed : relayed.with({ model: alias });
  }
}
