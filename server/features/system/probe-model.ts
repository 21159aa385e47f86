import type { ChatCompletionChunk, ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { BackendReport, BackendTestCost } from '../../../contracts/system/backend.ts';
import { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Price } from '../models/price.ts';

const PROBE_MS = 120_000;
/** The most tokens of one probe. Reasoning models need room before their first word. */
export const PROMPT_TOKENS = 100;
export const ANSWER_TOKENS = 256;

/** A backend that chats. */
export interface ProbedModel {
  readonly provider: Provider;
  readonly model: string;
  /** One that it serves. */
  readonly alias: string;
  readonly tools: boolean;
  readonly price: Pick<Price, 'input' | 'output' | 'perRequest'> | null;
}

/** The most that probing it costs. */
export function probeCost({ tools, price }: ProbedModel): BackendTestCost {
  const requests = tools ? 2 : 1;
  const prompt_tokens = requests * PROMPT_TOKENS;
  const completion_tokens = requests * ANSWER_TOKENS;
  // A price for a token in micro-USD is one for a million tokens in USD.
  const micro = price && prompt_tokens * price.input + completion_tokens * price.output + requests * price.perRequest;
  return { requests, prompt_tokens, completion_tokens, cost_usd: micro && Math.round(micro) / 1_000_000 };
}

const HELLO = { messages: [{ role: 'user' as const, content: 'Count from one to ten, in words.' }] };

const WEATHER = {
  messages: [{ role: 'user' as const, content: 'What is the weather in Rome? Call the tool.' }],
  tools: [
    {
      type: 'function' as const,
      function: {
        name: 'get_weather',
        description: 'The weather in a city',
        parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      },
    },
  ],
};

/** The result of one probe. */
interface Heard {
  /** The number of chunks with text or a call. */
  readonly chunks: number;
  readonly hasText: boolean;
  readonly hasCall: boolean;
}

type Delta = ChatCompletionChunk['choices'][number]['delta'];

const saysText = ({ content, reasoning_content: reasoning }: Delta): boolean => Boolean(content) || Boolean(reasoning);
const callsTool = ({ tool_calls: calls }: Delta): boolean => (calls?.length ?? 0) > 0;

async function listen(
  { provider, model, alias }: ProbedModel,
  fields: Partial<ChatCompletionRequest>,
  signal: AbortSignal,
): Promise<Heard> {
  const request: ChatCompletionRequest = { messages: [], ...fields, model, max_tokens: ANSWER_TOKENS, stream: true };
  const call = {
    model,
    alias,
    request: Json.ofValue(request),
    changes: {},
    dropsUnsupported: true,
    signal: AbortSignal.any([AbortSignal.timeout(PROBE_MS), signal]),
  };
  let heard: Heard = { chunks: 0, hasText: false, hasCall: false };
  for await (const batch of provider.stream(call)) {
    const deltas = batch.flatMap(({ value }) => value.choices.map(({ delta }) => delta));
    heard = {
      chunks: heard.chunks + deltas.filter((delta) => saysText(delta) || callsTool(delta)).length,
      hasText: heard.hasText || deltas.some(saysText),
      hasCall: heard.hasCall || deltas.some(callsTool),
    };
  }
  return heard;
}

export type ProbeCheck = BackendReport['checks'][number];
type Verdict = Pick<ProbeCheck, 'level' | 'what' | 'advice'>;

const fine = (what: string): Verdict => ({ level: 'ok', what, advice: null });

function explain(what: string, error: unknown): Verdict {
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  const cause =
    error instanceof AppError && error.cause instanceof Error ? ` (${error.cause.message.slice(0, 200)})` : '';
  const advice = 'Try the model at its server, without the gateway.';
  return { level: 'problem', what: `${what}: ${message}${cause}`, advice };
}

function judgeStream({ chunks, hasText }: Heard): Verdict {
  if (!hasText) {
    const advice = 'Look at its chat template, or try another model.';
    return { level: 'problem', what: 'It answered without a word.', advice };
  }
  if (chunks > 1) return fine('It streams.');
  const advice = 'See that no proxy before it buffers, and that the server streams.';
  return { level: 'warning', what: 'Its answer came in one piece.', advice };
}

function judgeTools({ hasCall }: Heard): Verdict {
  if (hasCall) return fine('It calls tools.');
  const advice =
    'Set `tools: false` for the alias, or switch tools on at its server (vLLM: --enable-auto-tool-choice, llama.cpp: --jinja).';
  return { level: 'warning', what: 'It was asked to call a tool and did not.', advice };
}

const probes = {
  stream: { fields: HELLO, judge: judgeStream, failed: 'A streamed chat failed' },
  tools: { fields: WEATHER, judge: judgeTools, failed: 'A chat with a tool failed' },
} as const;

async function probe(one: ProbedModel, check: keyof typeof probes, signal: AbortSignal): Promise<ProbeCheck> {
  const { fields, judge, failed } = probes[check];
  const begun = monotonicNow();
  const verdict = await listen(one, fields, signal).then(judge, (error: unknown) => explain(failed, error));
  return { check, ...verdict, ms: Math.round(monotonicNow() - begun) };
}

/** Has a model answer once, and call a tool once where its alias has tools. */
export async function probeModel(one: ProbedModel, signal: AbortSignal): Promise<ProbeCheck[]> {
  const streamed = await probe(one, 'stream', signal);
  if (!one.tools || streamed.level === 'problem') return [streamed];
  return [streamed, await probe(one, 'tools', signal)];
}
