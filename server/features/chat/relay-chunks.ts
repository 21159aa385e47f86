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

/** The fields of a chunk that say nothing beside the answer and the usage. */
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
 * Counts the chunks of one stream. A client that asked for the usage gets it when the answer is complete, whether the
 * upstream counted or not. Other clients get no usage, unless it has fields that only the upstream knows. Chunks stay
 * the bytes that came where nothing has to change.
 */
export class ChunkRelay<Chunk extends AnyChunk> {
  readonly #includesUsage: boolean;
  #last: Json<Chunk> | null = null;
  /** The usage that the client was shown last. */
  #shown: Usage | null = null;

  constructor(includesUsage: boolean) {
    this.#includesUsage = includesUsage;
  }

  /** The chunks of a batch for the client. There may be none. */
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

  /** A chunk with the usage that the request is paid by, unless the client was shown that usage already. */
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
    // A usage beside the answer stays there when it has fields that only the upstream knows: clients read them there.
    else if (choices.length > 0) relayed.push(isExtended(usage) ? chunk : chunk.with({ usage: undefined }));
    else relayRest(chunk, relayed, meter);
  }

  #show(chunk: Json<Chunk>, usage: Usage, meter: Meter): Json<Chunk> {
    const { choices = [] } = chunk.value;
    // Counts in the middle of an answer are not final.
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
 * Moves the other fields of a chunk that only brings the usage, such as llama.cpp's `timings`, to the chunk before it:
 * clients that did not ask for the usage expect no chunk without choices. A usage with fields that only the upstream
 * knows moves too.
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
