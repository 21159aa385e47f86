import { adds } from '../../canonical/is-token.ts';
import { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { readErrorEvent } from '../http/read-error.ts';
import { SseParser } from '../http/sse-parser.ts';
import { TextTemplate } from './text-template.ts';

const DONE = Buffer.from('[DONE]');
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const broken = (message: string) => new AppError('upstream_broken', message);

function parse<Chunk extends object>(chunk: Json<Chunk>): Chunk {
  try {
    return chunk.value;
  } catch {
    throw broken('The upstream sent an event that is not JSON.');
  }
}

/** What one kind of stream has of its own. */
export interface StreamKind<Chunk extends object> {
  /** The field that holds the text of a chunk. */
  readonly textField: 'content' | 'text';
  /** Makes a chunk what clients rely on; gives the same object back when it is that already. */
  repair(chunk: Json<Chunk>): Json<Chunk>;
}

/**
 * Makes chunks of what arrives of one streamed answer. Most pass as bytes, with the alias spliced in: an event is parsed
 * only when a byte scan says that it may hold an error, tool calls or reasoning. An end without a finish reason is a
 * failure, whatever it looks like.
 */
export class StreamReader<Chunk extends { readonly error?: unknown; readonly choices?: readonly unknown[] | null }> {
  readonly #alias: string;
  readonly #parser = new SseParser();
  readonly #kind: StreamKind<Chunk>;
  readonly #template: TextTemplate;
  #answered = false;
  #finished = false;
  #failure: unknown;
  /** True when the upstream said that it is done: nothing more is worth waiting for. */
  done = false;
  /** True when the answer is complete and given out. */
  ended = false;

  constructor(alias: string, kind: StreamKind<Chunk>) {
    this.#alias = alias;
    this.#kind = kind;
    this.#template = new TextTemplate(kind.textField);
  }

  /** True when all of the answer came: only the end of the body is missing. */
  get complete(): boolean {
    return this.done && this.#finished && !this.#failure;
  }

  /** The chunks in what arrived; null is the end. Throws `upstream_broken`. */
  read(arrived: Buffer[] | null): Json<Chunk>[] {
    if (this.#failure) throw this.#failure;
    if (this.done) return this.#end([]);
    const batch: Json<Chunk>[] = [];
    for (const payload of arrived ? this.#parser.pushAll(arrived) : this.#parser.flush()) {
      if (payload.length === DONE.length && payload.equals(DONE)) {
        this.done = true;
        return this.#end(batch);
      }
      if (payload.length === 0) continue;
      try {
        batch.push(this.#toChunk(payload));
      } catch (error) {
        if (batch.length === 0) throw error;
        // What came before it is the client's; the next read fails.
        this.#failure = error;
        this.done = true;
        return batch;
      }
    }
    return arrived ? batch : this.#end(batch);
  }

  #end(last: Json<Chunk>[]): Json<Chunk>[] {
    // What came is given out first; the next read then says that it was not all.
    if (last.length > 0 && !this.#finished) return last;
    if (!this.#answered) throw broken('The upstream sent an empty answer.');
    if (!this.#finished) throw broken('The upstream ended its answer without a finish reason.');
    this.ended = true;
    return last;
  }

  #toChunk(bytes: Buffer): Json<Chunk> {
    const text = this.#template.apply(bytes);
    if (text) {
      if (text.length > this.#template.emptyLength) this.#parser.progressed();
      return Json.ofPlainText(text);
    }
    const came = Json.ofBytes<Chunk>(bytes);
    if (bytes[0] !== OPEN_BRACE || bytes[bytes.length - 1] !== CLOSE_BRACE) parse(came);
    if (came.mentions('error') && parse(came).error) throw readErrorEvent(came.value);
    this.#answered = true;
    if (came.mentions('finish_reason')) this.#finished = true;
    const repaired = this.#kind.repair(came);
    const { choices = null } = parse(repaired);
    if (choices !== null && !Array.isArray(choices)) throw broken('The upstream sent malformed choices.');
    if (choices?.some(adds)) this.#parser.progressed();
    // An image is megabytes: what was parsed stays parsed.
    const shown = repaired.hasValue ? repaired.assign({ model: this.#alias }) : repaired.with({ model: this.#alias });
    if (repaired === came && !this.#finished && !came.mentions('usage')) this.#template.learn(bytes, shown.bytes);
    return shown;
  }
}
