import type { ChatCompletionChunk, Usage } from '../../../contracts/chat/completion.ts';
import { isObject, type Json } from '../../canonical/json.ts';
import { countTokens } from '../metering/count-tokens.ts';
import type { Meter } from '../metering/meter.ts';

export type ChunkBatch = Json<ChatCompletionChunk>[];

/** The fields that chunks of every kind have. */
interface AnyChunk {
  readonly choices?: readonly unknown[];
  readonly usage?: Usage | null | undefined;
}

/**
 * Counts the chunks of a batch, and takes the usage out for clients that did not ask for it. Chunks stay bytes unless
 * that needs more. May leave nothing of a batch.
 */
export function relayChunks<Chunk extends AnyChunk>(
  batch: readonly Json<Chunk>[],
  includeUsage: boolean,
  meter: Meter,
): Json<Chunk>[] {
  const relayed: Json<Chunk>[] = [];
  for (const chunk of batch) {
    meter.recordChunk(countTokens(chunk, meter.pays));
    if (meter.paysForImages && chunk.mentions('images')) countImages(chunk, meter);
    if (!chunk.mentions('usage')) relayed.push(chunk);
    else relayUsage(chunk, relayed, includeUsage, meter);
  }
  return relayed;
}

function countImages<Chunk extends AnyChunk>(chunk: Json<Chunk>, meter: Meter): void {
  for (const choice of chunk.value.choices ?? []) {
    const images = isObject(choice) && isObject(choice.delta) ? choice.delta.images : null;
    if (Array.isArray(images)) meter.recordImages(images.length);
  }
}

function relayUsage<Chunk extends AnyChunk>(
  chunk: Json<Chunk>,
  relayed: Json<Chunk>[],
  includeUsage: boolean,
  meter: Meter,
): void {
  const { usage, choices } = chunk.value;
  meter.recordUsage(usage);
  if (usage && meter.showsCost) relayed.push(chunk.with({ usage: { ...usage, cost: meter.costUsd } }));
  else if (!usage || includeUsage) relayed.push(chunk);
  else if (choices && choices.length > 0) relayed.push(chunk.with({ usage: undefined }));
  else relayRest(chunk, relayed);
}

/** The fields of every chunk. A client gets others, such as llama.cpp's `timings`, because it asked for them. */
const KNOWN: ReadonlySet<string> = new Set(['id', 'object', 'created', 'model', 'choices', 'usage']);

/**
 * Of a chunk that only brings the usage: what else rides on it, such as llama.cpp's `timings`. It goes on the chunk
 * before, for clients that did not ask for the usage expect no chunk without choices.
 */
function relayRest<Chunk extends AnyChunk>(chunk: Json<Chunk>, relayed: Json<Chunk>[]): void {
  const rest = Object.fromEntries(
    Object.entries(chunk.value).filter(([key, value]) => !KNOWN.has(key) && value !== null),
  );
  if (Object.keys(rest).length === 0) return;
  const before = relayed.pop();
  relayed.push(before ? before.with(rest) : chunk.with({ usage: undefined }));
}
