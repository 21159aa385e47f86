import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Answer } from '../answer.ts';
import type { Delivery } from '../delivery.ts';
import type { Script } from '../exchange.ts';
import { afterToken, done, frame, frameOf, insertAfterToken } from '../frames.ts';
import type { JsonObject } from '../json.ts';
import { answer, say } from './answers.ts';

const text = ['One', ' two', ' three', ' four'];

/** Streams some tokens and closes cleanly: no finish reason, no `[DONE]`. */
export function endWithoutFinish(tokens = 2): Script {
  return say(text, { cut: { tokens, how: 'end' } });
}

/** Streams some tokens and cuts the connection. */
export function destroyAfter(tokens = 2): Script {
  return say(text, { cut: { tokens, how: 'destroy' } });
}

/** Reads the request and cuts the connection without a status. */
export const destroyBeforeHeaders: Script = (exchange) => exchange.destroy();

/** Streams some tokens, then says nothing more. */
export function hangAfter(tokens = 2): Script {
  return say(text, { cut: { tokens, how: 'hang' } });
}

/** Never answers. */
export const hangBeforeHeaders: Script = () => {};

/** Sends status and headers, then nothing. */
export const hangAfterHeaders: Script = (exchange) => {
  const { dialect, request } = exchange;
  exchange.head(200, { 'content-type': request.asked.stream ? dialect.streamType : dialect.jsonType });
};

/** An error event after some tokens, as the vendor writes it. `done` overrides whether `[DONE]` follows. */
export function errorInStream(
  given: { tokens?: number; done?: boolean; event?: JsonObject; write?: Delivery['write'] } = {},
): Script {
  const { tokens = 2, write = 'event' } = given;
  return (exchange) => {
    const failure = exchange.dialect.midStream(exchange.request.asked);
    const error = given.event ? frame(given.event) : frameOf({ ...failure.event, token: false });
    const ending = (given.done ?? failure.done) ? [error, done] : [error];
    const play = say(text, { write, edit: (frames) => [...frames.slice(0, afterToken(frames, tokens)), ...ending] });
    return play(exchange);
  };
}

/** An event that is no JSON, between good ones. */
export function malformedEvent(tokens = 2, event = '{"choices":[{"index":0,"delta":{"content":"br'): Script {
  return say(text, { edit: (frames) => insertAfterToken(frames, tokens, [frame(event)]) });
}

/** A 200 whose JSON body never ends. Stops at `limit` bytes, far beyond what a client should take. */
export function endlessBody(limit = 1024 * 1024 * 1024): Script {
  const filler = Buffer.alloc(64 * 1024, 'x');
  return async (exchange) => {
    exchange.head(200, { 'content-type': exchange.dialect.jsonType });
    await exchange.write('{"id":"chatcmpl-endless","object":"chat.completion","choices":[{"message":{"content":"');
    for (let sent = 0; sent < limit; sent += filler.length) {
      await exchange.write(filler);
      await nextTurn();
    }
    exchange.destroy();
  };
}

/** An endless stream of tokens, as fast as the client reads. Stops at `limit` tokens. */
export function endlessStream(limit = 1_000_000): Script {
  return async (exchange) => {
    exchange.head(200, { 'content-type': exchange.dialect.streamType });
    const token = exchange.dialect
      .events({ text: ['on', ' and'] }, exchange.request.asked)
      .find((event) => event.token);
    const bytes = Buffer.from(token ? frameOf(token).text : '');
    for (let sent = 0; sent < limit; sent += 1) {
      await exchange.write(bytes);
      await nextTurn();
    }
    exchange.destroy();
  };
}

/** A stream of the answer torn, dribbled or decorated; see `Delivery`. */
export function oddly(delivery: Delivery, what: Answer = { text: ['Grüße', ' 👋🏽', ' 日本', '.'] }): Script {
  return answer({ ...what, ...delivery });
}
