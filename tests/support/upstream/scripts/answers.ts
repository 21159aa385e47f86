import type { Answer, ScriptedCall } from '../answer.ts';
import { type Delivery, deliver } from '../delivery.ts';
import type { Exchange, Script } from '../exchange.ts';
import { done, type Frame, frameOf } from '../frames.ts';
import { createGate, type Gate } from '../gate.ts';

/** Answers as JSON or as a stream, as the request asks, in the upstream's dialect. */
export function answer(what: Answer & Delivery): Script {
  return async (exchange) => {
    const { dialect, request } = exchange;
    if (!request.asked.stream) {
      await what.gate?.pass(exchange.signal);
      const body = JSON.stringify(dialect.body(what, request.asked));
      if (what.cut) await cutBody(exchange, body, what.cut.how);
      else exchange.send(200, { 'content-type': dialect.jsonType }, body);
      return;
    }
    const frames: Frame[] = dialect.events(what, request.asked).map(frameOf);
    for (let count = what.done ?? (dialect.endMark ? 1 : 0); count > 0; count -= 1) frames.push(done);
    await deliver(exchange, what.edit ? what.edit(frames) : frames, what);
  };
}

/** Half of a JSON body, then what the cut says. */
async function cutBody(exchange: Exchange, body: string, how: 'end' | 'destroy' | 'hang'): Promise<void> {
  exchange.head(200, { 'content-type': exchange.dialect.jsonType });
  await exchange.write(body.slice(0, body.length / 2));
  if (how === 'end') exchange.end();
  if (how === 'destroy') exchange.destroy();
}

/** A text; a string is cut into words. */
export function say(text: string | readonly string[], rest: Answer & Delivery = {}): Script {
  return answer({ text: typeof text === 'string' ? words(text) : text, ...rest });
}

/** Words with the blank before them, as tokens look. */
export function words(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

/** Reasoning, then text. */
export function think(reasoning: string, text: string, rest: Answer & Delivery = {}): Script {
  return answer({ reasoning: words(reasoning), text: words(text), ...rest });
}

/** One or several tool calls; an object's JSON is cut into three pieces. */
export function callTools(
  calls: readonly { readonly name: string; readonly arguments: object; readonly id?: string }[],
  rest: Answer & Delivery = {},
): Script {
  const scripted = calls.map(({ name, arguments: given, id }): ScriptedCall => {
    const json = JSON.stringify(given);
    const third = Math.ceil(json.length / 3);
    const pieces = [json.slice(0, third), json.slice(third, 2 * third), json.slice(2 * third)].filter(Boolean);
    return { name, pieces, ...(id === undefined ? {} : { id }) };
  });
  return answer({ calls: scripted, ...rest });
}

/** A stream of which each token waits for `gate.release()`. */
export function gated(text: string | readonly string[], rest: Answer & Delivery = {}): { script: Script; gate: Gate } {
  const gate = createGate();
  return { script: say(text, { ...rest, gate }), gate };
}

/** A stream with one event of about so many bytes between two small ones; default 4 MB. */
export function bigEvent(bytes = 4 * 1024 * 1024): Script {
  return say(['start ', 'x'.repeat(bytes), ' end']);
}
