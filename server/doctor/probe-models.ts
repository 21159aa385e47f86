import type { ChatCompletionChunk, ChatCompletionRequest } from '../../contracts/chat/completion.ts';
import { Json } from '../canonical/json.ts';
import { AppError } from '../errors/app-error.ts';
import type { Provider } from '../providers/provider.ts';
import type { ModelEntry } from '../setup/models-file.ts';
import { type Finding, messageOf, ok, problem, skipped, warning } from './finding.ts';

const PROBE_MS = 120_000;
/** What one probe uses at most, in tokens; thinking models need room before their first word. */
const PROMPT_TOKENS = 100;
const ANSWER_TOKENS = 256;

/** A backend that chats. */
export interface ProbedModel {
  readonly provider: Provider;
  readonly model: string;
  readonly entry: ModelEntry;
}

const requestsFor = ({ entry }: ProbedModel): number => (entry.tools ? 2 : 1);

/** The most that all probes cost by the prices of the models file, in USD. */
function estimate(probed: readonly ProbedModel[]): { requests: number; usd: number } {
  const costs = probed.map((one) => {
    const { input = 0, output = 0, per_request = 0 } = one.entry.price ?? {};
    return requestsFor(one) * ((PROMPT_TOKENS * input + ANSWER_TOKENS * output) / 1_000_000 + per_request);
  });
  return {
    requests: probed.reduce((sum, one) => sum + requestsFor(one), 0),
    usd: costs.reduce((sum, cost) => sum + cost, 0),
  };
}

/** What `--probe` would cost, or costs. */
export function announce(probed: readonly ProbedModel[]): string {
  const { requests, usd } = estimate(probed);
  const priced =
    usd > 0 ? `at most $${usd.toFixed(4)} by the prices of the models file` : 'the models file has no prices';
  return `${requests} requests to ${probed.length} models, each of up to ${PROMPT_TOKENS} prompt and ${ANSWER_TOKENS} answer tokens (${priced})`;
}

export const notProbed = (probed: readonly ProbedModel[]): Finding =>
  skipped('streams and tools', 'No model was asked anything.', `\`--probe\` sends ${announce(probed)}.`);

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

/** What came back of one probe. */
interface Heard {
  /** Those with text or a call. */
  readonly chunks: number;
  readonly hasText: boolean;
  readonly hasCall: boolean;
}

type Delta = ChatCompletionChunk['choices'][number]['delta'];

const saysText = ({ content, reasoning_content: reasoning }: Delta): boolean => Boolean(content) || Boolean(reasoning);
const callsTool = ({ tool_calls: calls }: Delta): boolean => (calls?.length ?? 0) > 0;

async function listen({ provider, model, entry }: ProbedModel, fields: Partial<ChatCompletionRequest>): Promise<Heard> {
  const request: ChatCompletionRequest = { messages: [], ...fields, model, max_tokens: ANSWER_TOKENS, stream: true };
  const call = {
    model,
    alias: entry.alias,
    request: Json.ofValue(request),
    changes: {},
    dropsUnsupported: true,
    signal: AbortSignal.timeout(PROBE_MS),
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

function explain(subject: string, what: string, error: unknown): Finding {
  const cause =
    error instanceof AppError && error.cause instanceof Error ? ` (${error.cause.message.slice(0, 200)})` : '';
  return problem(subject, `${what}: ${messageOf(error)}${cause}`, 'Try the model at its server, without the gateway.');
}

async function probeStream(one: ProbedModel, subject: string): Promise<Finding> {
  try {
    const { chunks, hasText } = await listen(one, HELLO);
    if (!hasText)
      return problem(subject, 'It answered without a word.', 'Look at its chat template, or try another model.');
    return chunks > 1
      ? ok(subject, 'It streams.')
      : warning(
          subject,
          'Its answer came in one piece.',
          'See that no proxy before it buffers, and that the server streams.',
        );
  } catch (error) {
    return explain(subject, 'A streamed chat failed', error);
  }
}

async function probeTools(one: ProbedModel, subject: string): Promise<Finding> {
  try {
    const { hasCall } = await listen(one, WEATHER);
    if (hasCall) return ok(subject, 'It calls tools.');
    const advice =
      'Set `tools: false` for the alias, or switch tools on at its server (vLLM: --enable-auto-tool-choice, llama.cpp: --jinja).';
    return warning(subject, 'It was asked to call a tool and did not.', advice);
  } catch (error) {
    return explain(subject, 'A chat with a tool failed', error);
  }
}

/** Has every model answer once, and call a tool once where its alias has tools. */
export async function probeModels(probed: readonly ProbedModel[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const one of probed) {
    const subject = `model ${one.provider.id}/${one.model}`;
    const streamed = await probeStream(one, subject);
    findings.push(streamed);
    if (one.entry.tools && streamed.level !== 'problem') findings.push(await probeTools(one, subject));
  }
  return findings;
}
