import { type Gateway, GatewayError, isGatewayError } from '@duplex/client';
import { type Answer, addEvent, beginAnswer } from './answer.ts';
import type { Body, Surface } from './draft.ts';
import { streamAnswer } from './reading/stream-answer.ts';

/** How often a reader sees more of an answer: oftener costs a phone its battery, and nobody reads faster. */
const SHOW_MS = 60;

interface Run {
  readonly gateway: Gateway;
  readonly surface: Surface;
  readonly body: Body;
  readonly signal: AbortSignal;
  onChange(answer: Answer): void;
  onConversation(id: string): void;
}

const toError = (error: unknown): GatewayError =>
  isGatewayError(error)
    ? error
    : new GatewayError({ code: 'connection_lost', type: 'client_error', message: String(error), cause: error });

/** What the gateway has settled: the cost is known only then. */
async function settle(gateway: Gateway, answer: Answer): Promise<Answer> {
  if (!answer.note) return answer;
  const { items } = await gateway.api.usage.list.query({ request_id: answer.note.request_id, limit: 1 });
  const [row] = items;
  if (!row) return answer;
  return {
    ...answer,
    costUsd: row.cost_usd,
    tokens: answer.tokens ?? {
      prompt: row.prompt_tokens,
      completion: row.completion_tokens,
      reasoning: row.reasoning_tokens,
    },
  };
}

/** Sends a request and shows its answer as it comes. Never throws: a failure is part of the answer. */
export async function runAnswer({ gateway, surface, body, signal, onChange, onConversation }: Run): Promise<Answer> {
  let answer = beginAnswer(String(body.model ?? ''), performance.now());
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      onChange(answer);
    }, SHOW_MS);
  };
  onChange(answer);
  try {
    for await (const event of streamAnswer(gateway, { surface, body, signal })) {
      if (event.type === 'conversation') onConversation(event.id);
      answer = addEvent(answer, event, performance.now());
      show();
    }
    answer = { ...answer, status: 'done' };
  } catch (thrown) {
    const error = toError(thrown);
    if (error.conversationId !== null) onConversation(error.conversationId);
    answer = error.code === 'aborted' ? { ...answer, status: 'stopped' } : { ...answer, status: 'failed', error };
  }
  clearTimeout(timer);
  answer = { ...answer, endedAt: performance.now() };
  onChange(answer);
  const settled = await settle(gateway, answer).catch(() => answer);
  onChange(settled);
  return settled;
}
