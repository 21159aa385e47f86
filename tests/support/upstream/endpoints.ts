import { readAsked } from './asked.ts';
import { type Delivery, deliver } from './delivery.ts';
import type { Dialect } from './dialects/dialect.ts';
import { createdAt } from './dialects/dialect.ts';
import type { Script } from './exchange.ts';
import { done, type Frame, frame } from './frames.ts';
import { isObject, type JsonObject } from './json.ts';

/** The default answers of OpenAI's endpoints beside the chat, by path below the base URL. */
export function endpointScript(path: string, { basePath }: Dialect): Script | undefined {
  return path.startsWith(`${basePath}/`) ? defaults[path.slice(basePath.length)] : undefined;
}

const inputsOf = (json: unknown): unknown[] => {
  const input = isObject(json) ? json.input : undefined;
  return Array.isArray(input) && typeof input[0] !== 'number' ? input : [input];
};

/** A vector that follows from its text, of numbers that 32 bits hold exactly only by chance. */
export function vectorOf(input: unknown, dimensions = 3): number[] {
  const bytes = Buffer.from(JSON.stringify(input));
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  return Array.from({ length: dimensions }, (_, i) => Math.fround(Math.sin(sum + i)));
}

const base64Of = (vector: readonly number[]) => Buffer.from(new Float32Array(vector).buffer).toString('base64');

export interface EmbedDeviation {
  /** Sent whatever was asked for; some servers know only one format. */
  readonly format?: 'float' | 'base64';
  /** `zero`: every item says 0, `reversed`: the last comes first. Default `own`. */
  readonly index?: 'own' | 'zero' | 'reversed';
  readonly usage?: false;
}

/** Embeddings as OpenAI, vLLM and llama.cpp send them. */
export function embed({ format, index = 'own', usage }: EmbedDeviation = {}): Script {
  return (exchange) => {
    const { json } = exchange.request;
    const body = isObject(json) ? json : {};
    const inputs = inputsOf(json);
    const dimensions = typeof body.dimensions === 'number' ? body.dimensions : 3;
    const data: JsonObject[] = inputs.map((input, i) => {
      const vector = vectorOf(input, dimensions);
      const embedding = (format ?? body.encoding_format) === 'base64' ? base64Of(vector) : vector;
      return { object: 'embedding', index: index === 'zero' ? 0 : i, embedding };
    });
    if (index === 'reversed') data.reverse();
    const counted =
      usage === false ? {} : { usage: { prompt_tokens: 2 * inputs.length, total_tokens: 2 * inputs.length } };
    exchange.sendJson(200, { object: 'list', data, model: body.model, ...counted });
  };
}

/** A legacy completion, as JSON or as a stream, in OpenAI's form. */
export function continueText(tokens: readonly string[], delivery: Delivery & { error?: JsonObject } = {}): Script {
  return async (exchange) => {
    const asked = readAsked(exchange.request.json);
    const head = { id: 'cmpl-5f3c9a0e7b1d4c62', object: 'text_completion', created: createdAt, model: asked.model };
    const usage = { prompt_tokens: 5, completion_tokens: tokens.length, total_tokens: 5 + tokens.length };
    const choice = (text: string, finish_reason: string | null) => ({ index: 0, text, logprobs: null, finish_reason });
    if (!asked.stream) {
      exchange.sendJson(200, { ...head, choices: [choice(tokens.join(''), 'stop')], usage });
      return;
    }
    const frames: Frame[] = tokens.map((text) => frame({ ...head, choices: [choice(text, null)] }, true));
    if (delivery.error) frames.push(frame({ error: delivery.error }));
    else {
      frames.push(frame({ ...head, choices: [choice('', 'stop')] }));
      if (asked.includeUsage) frames.push(frame({ ...head, choices: [], usage }));
    }
    await deliver(exchange, [...frames, done], delivery);
  };
}

/** The audio of a text that is to be spoken: bytes, or events when those were asked for. */
const speak: Script = async (exchange) => {
  const { json } = exchange.request;
  if (isObject(json) && json.stream_format === 'sse') {
    const audio = Buffer.from('pretend mp3').toString('base64');
    const events = [
      { type: 'speech.audio.delta', audio },
      { type: 'speech.audio.done', usage: { input_tokens: 3, output_tokens: 9, total_tokens: 12 } },
    ];
    await deliver(
      exchange,
      events.map((event) => frame(event)),
      {},
    );
    return;
  }
  exchange.send(200, { 'content-type': 'audio/mpeg' }, Buffer.from([0xff, 0xf3, 0x00, 0x0a, 0x0d, 0x80]));
};

const transcribe: Script = (exchange) =>
  exchange.sendJson(200, { text: 'Hello.', usage: { type: 'duration', seconds: 1 } });

const defaults: Readonly<Record<string, Script>> = {
  '/embeddings': embed(),
  '/completions': continueText(['and', ' so', ' on']),
  '/audio/transcriptions': transcribe,
  '/audio/translations': transcribe,
  '/audio/speech': speak,
};
