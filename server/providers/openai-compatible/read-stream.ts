import type { ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Exchange } from '../http/exchange.ts';
import { SseParser } from '../http/sse-parser.ts';
import { Json } from '../json.ts';
import { readErrorEvent } from './read-error.ts';
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

/** Turns the events of one stream into chunks; most pass as bytes, with the alias spliced in. */
class ChunkReader {
  readonly #alias: string;
  readonly #repair = new ChunkRepair();
  readonly #template = new TextTemplate();
  answered = false;
  finished = false;

  constructor(alias: string) {
    this.#alias = alias;
  }

  read(bytes: Buffer): Json<ChatCompletionChunk> {
    const text = this.#template.apply(bytes);
    if (text) return Json.ofBytes(text);
    const came = Json.ofBytes<ChatCompletionChunk>(bytes);
    if (bytes[0] !== OPEN_BRACE || bytes[bytes.length - 1] !== CLOSE_BRACE) parse(came);
    if (came.mentions('error') && parse(came).error) throw readErrorEvent(came.value);
    this.answered = true;
    if (came.mentions('finish_reason')) this.finished = true;
    const repaired = this.#repair.repair(came);
    const shown = repaired.with({ model: this.#alias });
    if (repaired === came && !this.finished && !came.mentions('usage')) this.#template.learn(bytes, shown.bytes);
    return shown;
  }
}

/**
 * The chunks of a streamed answer. An event is parsed only when a byte scan says that it may hold an error, tool calls
 * or reasoning. An end without a finish reason is a failure, whatever it looks like.
 */
export async function* readStream(
  exchange: Exchange,
  alias: string,
): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> {
  const parser = new SseParser();
  const reader = new ChunkReader(alias);
  for (let ended = false; !ended; ) {
    const arrived = await exchange.read();
    ended = arrived === null;
    const batch: Json<ChatCompletionChunk>[] = [];
    for (const payload of arrived ? parser.pushAll(arrived) : parser.flush()) {
      if (payload.equals(DONE)) {
        ended = true;
        break;
      }
      if (payload.length > 0) batch.push(reader.read(payload));
    }
    if (batch.length > 0) yield batch;
  }
  if (!reader.answered) throw broken('The upstream sent an empty answer.');
  if (!reader.finished) throw broken('The upstream ended its answer without a finish reason.');
}
