import type { ChatCompletionChunk, Usage } from '../../../contracts/chat/completion.ts';
import type { Json } from '../../canonical/json.ts';
import type { Meter } from '../metering/meter.ts';

export type ChunkBatch = Json<ChatCompletionChunk>[];

type ChatChoice = ChatCompletionChunk['choices'][number];

const isChatChoice = (choice: unknown): choice is ChatChoice =>
  typeof choice === 'object' && choice !== null && 'delta' in choice;

/** What chunks of every kind have. */
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
    meter.recordChunk(charsOf(chunk));
    if (meter.paysForImages && chunk.mentions('images')) countImages(chunk, meter);
    if (!chunk.mentions('usage')) relayed.push(chunk);
    else relayUsage(chunk, relayed, includeUsage, meter);
  }
  return relayed;
}

/** A chunk of one token with its frame is smaller, in bytes; what is larger is looked at. */
const SMALL_CHUNK = 400;

/** How much a chunk says, when that may be more than a token. */
function charsOf<Chunk extends AnyChunk>(chunk: Json<Chunk>): number {
  if (!chunk.hasValue && chunk.bytes.length < SMALL_CHUNK) return 0;
  return (chunk.value.choices ?? []).reduce<number>((sum, choice) => sum + charsOfChoice(choice), 0);
}

function charsOfChoice(choice: unknown): number {
  if (!isChatChoice(choice) || !choice.delta) return 0;
  const { content, reasoning_content: thought, reasoning, tool_calls: calls } = choice.delta;
  const texts = [content, thought ?? reasoning, ...(calls ?? []).map((call) => call.function?.arguments)];
  return texts.reduce<number>((sum, text) => sum + (typeof text === 'string' ? text.length : 0), 0);
}

function countImages<Chunk extends AnyChunk>(chunk: Json<Chunk>, meter: Meter): void {
  for (const choice of chunk.value.choices ?? []) {
    if (isChatChoice(choice)) meter.recordImages(choice.delta?.images?.length ?? 0);
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

/** What every chunk has, and what only those get who asked for it. */
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
