import type { ChatCompletionChunk, Usage } from '../../../contracts/chat/completion.ts';
import { isObject, type Json } from '../../canonical/json.ts';
import { countTokens } from '../metering/count-tokens.ts';
import type { Meter } from '../metering/meter.ts';
import { isExtended, usageFor } from '../metering/show-usage.ts';

export type ChunkBatch = Json<ChatCompletionChunk>[];

/** The fields that chunks of every kind have. */
interface AnyChunk {
  readonly choices?: readonly unknown[];
  readonly usage?: Usage | null | undefined;
}

/** What every chunk has, and what only those get who asked for it. */
const KNOWN: ReadonlySet<string> = new Set(['id', 'object', 'created', 'model', 'choices', 'usage']);

/** The fields of a chunk that a chunk made by the gateway repeats. */
const HEAD: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created',
  'model',
  'system_fingerprint',
  'service_tier',
  'provider',
]);

/**
 * Counts the chunks of one stream. A client that asked for the usage gets it once the answer is whole, whether the
 * upstream counted or not; for other clients it is taken out. Chunks stay bytes unless that needs more.
 */
export class ChunkRelay<Chunk extends AnyChunk> {
  readonly #includesUsage: boolean;
  #last: Json<Chunk> | null = null;
  /** The usage that the client was shown last. */
  #shown: Usage | null = null;

  constructor(includesUsage: boolean) {
    this.#includesUsage = includesUsage;
  }

  /** May leave nothing of a batch. */
  relay(batch: readonly Json<Chunk>[], meter: Meter): Json<Chunk>[] {
    const relayed: Json<Chunk>[] = [];
    for (const chunk of batch) {
      meter.recordChunk(countTokens(chunk, meter.pays));
      if (meter.paysForImages && chunk.mentions('images')) countImages(chunk, meter);
      if (!chunk.mentions('usage')) relayed.push(chunk);
      else this.#relayUsage(chunk, relayed, meter);
    }
    this.#last = batch.at(-1) ?? this.#last;
    return relayed;
  }

  /** The usage of an upstream that gave none, or one that is not what the request is paid by. */
  end(meter: Meter): Json<Chunk>[] {
    if (!this.#last || !this.#tells(meter)) return [];
    const usage = usageFor(meter);
    if (usage === null || isSame(usage, this.#shown)) return [];
    const rest = Object.keys(this.#last.value).filter((name) => !HEAD.has(name));
    const removed = Object.fromEntries(rest.map((name) => [name, undefined]));
    return [this.#last.with({ ...removed, choices: [], usage })];
  }

  #tells(meter: Meter): boolean {
    return this.#includesUsage || meter.showsCost;
  }

  #relayUsage(chunk: Json<Chunk>, relayed: Json<Chunk>[], meter: Meter): void {
    const { usage, choices = [] } = chunk.value;
    meter.recordUsage(usage);
    if (!usage) relayed.push(chunk);
    else if (this.#tells(meter)) relayed.push(this.#show(chunk, usage, meter));
    // Where an upstream puts it beside the answer, its clients read there what only this upstream tells.
    else if (choices.length > 0) relayed.push(isExtended(usage) ? chunk : chunk.with({ usage: undefined }));
    else relayRest(chunk, relayed, meter);
  }

  #show(chunk: Json<Chunk>, usage: Usage, meter: Meter): Json<Chunk> {
    const { choices = [] } = chunk.value;
    // Counts in the middle of an answer are not the last ones.
    const isLast = choices.every((choice) => isObject(choice) && choice.finish_reason);
    const shown = (isLast || meter.showsCost ? usageFor(meter) : null) ?? usage;
    this.#shown = shown;
    return shown === usage ? chunk : chunk.with({ usage: shown });
  }
}

const isSame = (one: Usage, other: Usage | null): boolean =>
  one === other ||
  (one.prompt_tokens === other?.prompt_tokens &&
    one.completion_tokens === other.completion_tokens &&
    one.cost === other.cost);

function countImages<Chunk extends AnyChunk>(chunk: Json<Chunk>, meter: Meter): void {
  for (const choice of chunk.value.choices ?? []) {
    const images = isObject(choice) && isObject(choice.delta) ? choice.delta.images : null;
    if (Array.isArray(images)) meter.recordImages(images.length);
  }
}

/**
 * Of a chunk that only brings the usage: what else rides on it, such as llama.cpp's `timings`, and a usage that says
 * more than counts. It goes on the chunk before, for clients that did not ask for the usage expect no chunk without
 * choices.
 */
function relayRest<Chunk extends AnyChunk>(chunk: Json<Chunk>, relayed: Json<Chunk>[], meter: Meter): void {
  const { usage } = chunk.value;
  const rest = Object.fromEntries(
    Object.entries(chunk.value).filter(([key, value]) => !KNOWN.has(key) && value !== null),
  );
  const before = relayed.pop();
  const extended = before && usage && isExtended(usage) ? { usage: usageFor(meter) ?? usage } : {};
  const riding = { ...rest, ...extended };
  const rides = Object.keys(riding).length > 0;
  if (before) relayed.push(rides ? before.with(riding) : before);
  else if (rides) relayed.push(chunk.with({ usage: undefined }));
}
