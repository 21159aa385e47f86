import type { ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Exchange } from '../http/exchange.ts';
import { SseParser } from '../http/sse-parser.ts';
import { Json } from '../json.ts';
import { readErrorEvent } from './read-error.ts';
import { ChunkRepair } from './repair-chunk.ts';

const DONE = Buffer.from('[DONE]');
const FINISH = '"finish_reason"';

/** Inside a JSON string every quote is escaped, so these bytes can only be a field; its value may still be null. */
function mentionsFinish(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(FINISH); at >= 0; at = bytes.indexOf(FINISH, at + 1)) {
    let next = at + FINISH.length;
    while (bytes[next] === 0x20 || bytes[next] === 0x3a) next++;
    if (bytes[next] === 0x22) return true;
  }
  return false;
}

const broken = (message: string) => new AppError('upstream_broken', message);

function parseChunk(bytes: Buffer): ChatCompletionChunk {
  try {
    return Json.ofBytes<ChatCompletionChunk>(bytes).value;
  } catch {
    throw broken('The upstream sent an event that is not JSON.');
  }
}

/**
 * The chunks of a streamed answer, as the bytes that came: an event is parsed only when a byte scan says that it may
 * hold an error, tool calls or reasoning. An end without a finish reason is a failure, whatever it looks like.
 */
export async function* readStream(exchange: Exchange): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> {
  const parser = new SseParser();
  const repair = new ChunkRepair();
  let finished = false;
  let answered = false;

  const toChunk = (bytes: Buffer): Json<ChatCompletionChunk> => {
    if (bytes[0] !== 0x7b || bytes[bytes.length - 1] !== 0x7d) parseChunk(bytes);
    if (bytes.includes('"error"')) {
      const value = parseChunk(bytes);
      if (value.error) throw readErrorEvent(value);
    }
    if (!finished && mentionsFinish(bytes)) finished = true;
    answered = true;
    return repair.repair(Json.ofBytes<ChatCompletionChunk>(bytes));
  };

  for (let ended = false; !ended; ) {
    const read = await exchange.read();
    ended = read === null;
    const payloads = read ? read.flatMap((bytes) => parser.push(bytes)) : parser.flush();
    const batch: Json<ChatCompletionChunk>[] = [];
    for (const payload of payloads) {
      if (payload.equals(DONE)) {
        ended = true;
        break;
      }
      if (payload.length > 0) batch.push(toChunk(payload));
    }
    if (batch.length > 0) yield batch;
  }
  if (!answered) throw broken('The upstream sent an empty answer.');
  if (!finished) throw broken('The upstream ended its answer without a finish reason.');
}
