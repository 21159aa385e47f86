import type { ChatCompletion, ChatCompletionChunk, Usage } from '../../contracts/chat/completion.ts';
import { ChatCompletionChunk as Chunk, ChatCompletion as Completion } from '../../contracts/chat/completion.ts';
import { errorOf } from '../support/error-of.ts';
import { payloadsOf } from '../support/read-events.ts';
import { bearer, type Gateway } from '../support/start-gateway.ts';
import type { Script } from '../support/upstream/exchange.ts';
import type { ScriptedUpstream } from '../support/upstream/start-upstream.ts';

/** Both ways to ask for an answer. */
export const ways = ['json', 'sse'] as const;
export type Way = (typeof ways)[number];

interface SaidCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** An answer, whichever way it came. */
export interface Said {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly SaidCall[];
  /** Every finish reason that came; an answer has one. */
  readonly finish: readonly (string | null)[];
  readonly usage: Usage | null;
  /** How many pieces it came in. */
  readonly pieces: number;
  /** What it ended with, when it broke off. */
  readonly error: { readonly code: string } | null;
}

/** A gateway whose one alias is `model`. */
export interface Asked {
  readonly gateway: Gateway;
}

/** The same, with the upstream of one dialect behind it. */
export interface Trial extends Asked {
  readonly upstream: ScriptedUpstream;
}

export const user = (content: unknown) => ({ role: 'user', content });

/** Asks over real HTTP; `signal` is how a client leaves. */
export function post({ gateway }: Asked, way: Way, fields: object = {}, signal?: AbortSignal): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'model',
      messages: [user('Hi')],
      ...(way === 'sse' ? { stream: true } : {}),
      ...fields,
    }),
    ...(signal ? { signal } : {}),
  });
}

/** Asks, and reads an answer that must begin well. */
export async function ask(trial: Trial, way: Way, script: Script, fields: object = {}): Promise<Said> {
  trial.upstream.reply(script);
  return askReal(trial, way, fields);
}

/** The same of a real model. */
export async function askReal(trial: Asked, way: Way, fields: object = {}): Promise<Said> {
  const response = await post(trial, way, fields);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
  return way === 'json' ? readCompletion(Completion.parse(JSON.parse(text))) : readStream(text);
}

/** Asks, and reads an error that must be the documented one. */
export async function refused(trial: Asked, way: Way, fields: object = {}) {
  const response = await post(trial, way, fields);
  const retryAfter = response.headers.get('retry-after');
  return { ...(await errorOf(response)), retryAfter };
}

/** What the upstream got last, as text. */
export const received = ({ upstream }: Trial): string => upstream.chats.at(-1)?.body.toString() ?? '';

function readCompletion({ model, choices, usage }: ChatCompletion): Said {
  const [choice] = choices;
  if (!choice || choices.length > 1 || model !== 'model') throw new Error('One answer of the alias was expected.');
  const { content, reasoning_content, tool_calls } = choice.message;
  return {
    text: content ?? '',
    reasoning: reasoning_content ?? '',
    calls: (tool_calls ?? []).map(({ id, function: called }) => ({ id, name: '', arguments: '', ...called })),
    finish: [choice.finish_reason],
    usage: usage ?? null,
    pieces: 1,
    error: null,
  };
}

/** Holds every chunk to the contract, and the stream to one end: `[DONE]` or an error, never both. */
function readStream(text: string): Said {
  const payloads = payloadsOf(text);
  const done = payloads.filter((payload) => payload === '[DONE]').length;
  const last = payloads.at(-1);
  const error = last && last !== '[DONE]' ? (JSON.parse(last).error ?? null) : null;
  if (done !== (error ? 0 : 1) || (done === 1 && last !== '[DONE]'))
    throw new Error(`No clean end: ${text.slice(-500)}`);
  if (text.includes('\r') || !text.endsWith('\n\n')) throw new Error('The events are not separated as they should be.');
  return collect(
    payloads.slice(0, -1).map((payload) => Chunk.parse(JSON.parse(payload))),
    error,
  );
}

function collect(chunks: readonly ChatCompletionChunk[], error: Said['error']): Said {
  const calls = new Map<number, { id: string; name: string; arguments: string }>();
  for (const { index, id, function: piece } of chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])) {
    const call = calls.get(index) ?? { id: id ?? '', name: '', arguments: '' };
    call.name += piece?.name ?? '';
    call.arguments += piece?.arguments ?? '';
    calls.set(index, call);
  }
  if (chunks.some(({ model }) => model !== 'model')) throw new Error('A chunk does not show the alias.');
  const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
  return {
    text: deltas.map(({ content }) => content ?? '').join(''),
    reasoning: deltas.map(({ reasoning_content }) => reasoning_content ?? '').join(''),
    calls: [...calls].toSorted(([a], [b]) => a - b).map(([, call]) => call),
    finish: chunks.flatMap(({ choices }) => choices.flatMap(({ finish_reason }) => finish_reason ?? [])),
    usage: chunks.findLast(({ usage }) => usage)?.usage ?? null,
    pieces: chunks.length,
    error,
  };
}
