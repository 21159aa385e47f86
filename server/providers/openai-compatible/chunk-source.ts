import { adds } from '../../canonical/is-token.ts';
import { isRecord, Json } from '../../canonical/json.ts';
import { checkShape, EVENT_SHAPE } from '../http/check-shape.ts';
import { EventFailures } from '../http/event-failures.ts';
import { failureIn } from '../http/read-error.ts';
import type { EventSource } from '../http/read-stream.ts';
import { TextTemplate } from './text-template.ts';

/** Repairs the chunks of one stream for clients. */
interface Shaper<Chunk extends object> {
  /** Whether even a chunk with text only must pass through here. */
  readonly holds: boolean;
  shape(came: Json<Chunk>): Json<Chunk>[];
  end(isMarked: boolean): Json<Chunk>[];
  rest(): Json<Chunk>[];
}

/** A chunk as far as it matters here. */
interface AnyChunk {
  readonly choices: readonly object[];
  readonly usage?: unknown;
}

/** Whether a chunk has one choice with a text, and nothing else. */
function isText({ choices, usage }: AnyChunk): boolean {
  const [choice] = choices;
  if (choices.length !== 1 || usage != null || !isRecord(choice)) return false;
  const others = Object.entries(isRecord(choice.delta) ? choice.delta : {});
  return others.every(([key, value]) => key === 'role' || key === 'content' || value == null || value === '');
}

/** Whether an event is no chunk: a ping or a notice, which proxies send between the chunks. */
const isOther = (event: unknown): boolean =>
  isRecord(event) && event.choices == null && event.usage == null && OTHERS.some((name) => event[name] != null);

const OTHERS = ['type', 'message', 'detail'] as const;

/**
 * Reads the chunks of an upstream with OpenAI's dialect. Most of them pass as bytes, with the alias spliced in, because
 * they differ only in their text from one that was parsed.
 */
export class ChunkSource<Chunk extends AnyChunk> implements EventSource<Chunk> {
  readonly #alias: string;
  readonly #shaper: Shaper<Chunk>;
  readonly #template: TextTemplate;
  readonly #failures = new EventFailures(failureIn);
  added = false;
  /** The end of these streams is `[DONE]`, which `StreamReader` knows. */
  readonly ended = false;

  /** `textField`: the field that holds the text of a chunk. */
  constructor(alias: string, textField: 'content' | 'text', shaper: Shaper<Chunk>) {
    this.#alias = alias;
    this.#shaper = shaper;
    this.#template = new TextTemplate(textField);
  }

  read(payload: Buffer): Json<Chunk>[] {
    const text = this.#shaper.holds ? null : this.#template.apply(payload);
    if (text) {
      const textBytes = text.length - this.#template.emptyLength;
      this.added = textBytes > 0;
      return [Json.ofPlainText(text, textBytes)];
    }
    this.added = false;
    checkShape(payload, EVENT_SHAPE);
    const came = Json.ofBytes<Chunk>(payload);
    this.#failures.isNotice(came.value);
    if (isOther(came.value)) return [];
    const shaped = this.#shaper.shape(came);
    this.added = came.value.choices.some(adds);
    const shown = this.#show(shaped);
    const [only] = shown;
    if (only && shaped[0] === came && shaped.length === 1 && isText(came.value))
      this.#template.learn(payload, only.bytes);
    return shown;
  }

  end(isMarked: boolean): Json<Chunk>[] {
    return this.#failures.atEnd(() => this.#show(this.#shaper.end(isMarked)));
  }

  rest(): Json<Chunk>[] {
    return this.#show(this.#shaper.rest());
  }

  #show(chunks: readonly Json<Chunk>[]): Json<Chunk>[] {
    return chunks.map((chunk) => chunk.assign({ model: this.#alias }));
  }
}
