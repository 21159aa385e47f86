import type { ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import { AppError } from '../../errors/app-error.ts';
import { readErrorEvent } from '../http/read-error.ts';
import { SseParser } from '../http/sse-parser.ts';
import { Json } from '../json.ts';
import type { AnswerAdapter } from './adapt-answer.ts';
import { ChunkRepair } from './repair-chunk.ts';
import { TextTemplate } from './text-template.ts';

const DONE = Buffer.from('[DONE]');
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const broken = (message: string) => new AppError('upstream_broken', message);

function parse(chunk: Json<ChatCompletionChunk>): ChatCompletionChunk {
  try {
    return chunk.value;
  } catch {
    throw broken('The upstream sent an event that is not JSON.');
  }
}

/**
 * Makes chunks of what arrives of one streamed answer. Most pass as bytes, with the alias spliced in: an event is parsed
 * only when a byte scan says that it may hold an error, tool calls or reasoning. An end without a finish reason is a
 * failure, whatever it looks like.
 */
export class StreamReader {
  readonly #alias: string;
  readonly #adapter: AnswerAdapter | null;
  readonly #parser = new SseParser();
  readonly #repair = new ChunkRepair();
  readonly #template = new TextTemplate();
  #answered = false;
  #finished = false;
  /** True when the upstream said that it is done: nothing more is worth waiting for. */
  done = false;
  /** True when the answer is complete and given out. */
  ended = false;

  constructor(alias: string, adapter: AnswerAdapter | null) {
    this.#alias = alias;
    this.#adapter = adapter;
  }

  /** The chunks in what arrived; null is the end. Throws `upstream_broken`. */
  read(arrived: Buffer[] | null): Json<ChatCompletionChunk>[] {
    if (this.done) return this.#end([]);
    const batch: Json<ChatCompletionChunk>[] = [];
    for (const payload of arrived ? this.#parser.pushAll(arrived) : this.#parser.flush()) {
      if (payload.equals(DONE)) {
        this.done = true;
        return this.#end(batch);
      }
      if (payload.length > 0) batch.push(this.#toChunk(payload));
    }
    return arrived ? batch : this.#end(batch);
  }

  #end(last: Json<ChatCompletionChunk>[]): Json<ChatCompletionChunk>[] {
    // What came is given out first; the next read then says that it was not all.
    if (last.length > 0 && !this.#finished) return last;
    if (!this.#answered) throw broken('The upstream sent an empty answer.');
    if (!this.#finished) throw broken('The upstream ended its answer without a finish reason.');
    this.ended = true;
    return last;
  }

  #toChunk(bytes: Buffer): Json<ChatCompletionChunk> {
    const text = this.#template.apply(bytes);
    if (text) return Json.ofBytes(text);
    const came = Json.ofBytes<ChatCompletionChunk>(bytes);
    if (bytes[0] !== OPEN_BRACE || bytes[bytes.length - 1] !== CLOSE_BRACE) parse(came);
    if (came.mentions('error') && parse(came).error) throw readErrorEvent(came.value);
    this.#answered = true;
    if (came.mentions('finish_reason')) this.#finished = true;
    const repaired = this.#repair.repair(this.#adapter ? this.#adapter.chunk(came) : came);
    const shown = repaired.with({ model: this.#alias });
    if (repaired === came && !this.#finished && !came.mentions('usage')) this.#template.learn(bytes, shown.bytes);
    return shown;
  }
}
