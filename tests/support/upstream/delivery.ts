import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Exchange } from './exchange.ts';
import { afterToken, emptyComment, type Frame } from './frames.ts';
import type { Gate } from './gate.ts';

/** How a stream's events reach the client. */
export interface Delivery {
  /** Default `\n`. */
  readonly lineEnd?: '\n' | '\r\n';
  /** How often `[DONE]` is sent; default 1 where the dialect has one. */
  readonly done?: 0 | 1 | 2;
  /** A comment line before every event. */
  readonly comments?: boolean;
  /**
   * What one write holds: an `event` (default), a `byte`, everything in one (`burst`), or events torn between the
   * bytes of each character beyond ASCII (`torn`).
   */
  readonly write?: 'event' | 'byte' | 'burst' | 'torn';
  /** Each token waits here. What follows the last token goes with it. */
  readonly gate?: Gate;
  /** `headers`: the status line waits for a release of its own. Default `tokens`. */
  readonly gateFrom?: 'tokens' | 'headers';
  /** After so many tokens (in a JSON answer: half of the body): close cleanly, destroy the socket, or say nothing more. */
  readonly cut?: { readonly tokens: number; readonly how: 'end' | 'destroy' | 'hang' };
  /** Last word on the frames, such as putting a foreign one in. */
  readonly edit?: (frames: Frame[]) => Frame[];
}

/** Sends status, headers and frames, and ends as the delivery says. */
export async function deliver(exchange: Exchange, frames: readonly Frame[], delivery: Delivery): Promise<void> {
  const { gate, cut, comments = false, lineEnd = '\n', write = 'event' } = delivery;
  if (gate && delivery.gateFrom === 'headers') await gate.pass(exchange.signal);
  exchange.head(200, { 'content-type': exchange.dialect.streamType, 'cache-control': 'no-cache' });
  const sent = cut ? frames.slice(0, afterToken(frames, cut.tokens)) : frames;
  const wire = comments ? sent.flatMap((one) => [emptyComment, one]) : sent;
  const texts = wire.map((one) => (lineEnd === '\n' ? one.text : one.text.replaceAll('\n', '\r\n')));
  if (write === 'burst') await exchange.write(texts.join(''));
  else {
    for (const [position, text] of texts.entries()) {
      if (wire[position]?.token) await gate?.pass(exchange.signal);
      for (const piece of pieces(Buffer.from(text), write)) {
        await exchange.write(piece);
        // A turn of the event loop between writes, so that they leave as separate segments.
        await nextTurn();
      }
    }
  }
  if (cut?.how === 'hang') return;
  if (cut?.how === 'destroy') exchange.destroy();
  else exchange.end();
}

function pieces(bytes: Buffer, write: 'event' | 'byte' | 'torn'): Buffer[] {
  if (write === 'event') return [bytes];
  const list: Buffer[] = [];
  let from = 0;
  for (let at = 1; at < bytes.length; at += 1) {
    // A continuation byte (10xxxxxx) before which the character is torn.
    if (write === 'torn' && ((bytes[at] ?? 0) & 0xc0) !== 0x80) continue;
    list.push(bytes.subarray(from, at));
    from = at;
  }
  list.push(bytes.subarray(from));
  return list;
}
