import { type Gateway, GatewayError, isGatewayError } from '@duplex/client';
import { type Answer, type AnswerEvent, addEvent } from './answer.ts';

/** How often a reader sees more of an answer: oftener costs a phone its battery, and nobody reads faster. */
const SHOW_MS = 60;

interface Run {
  readonly gateway: Gateway;
  readonly events: AsyncIterable<AnswerEvent>;
  /** As it begins. */
  readonly answer: Answer;
  onChange(answer: Answer): void;
  onConversation?(id: string): void;
  onRun?(id: string): void;
}

const toError = (error: unknown): GatewayError =>
  isGatewayError(error)
    ? error
    : new GatewayError({ code: 'connection_lost', type: 'client_error', message: String(error), cause: error });

/** It was stopped from this page, or from another one. */
const isStop = ({ code }: GatewayError) => code === 'aborted' || code === 'run_cancelled';

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

/** Shows an answer as it comes. Never throws: a failure is part of the answer. */
export async function runAnswer({ gateway, events, answer: begun, onChange, ...tell }: Run): Promise<Answer> {
  let answer = begun;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      onChange(answer);
    }, SHOW_MS);
  };
  onChange(answer);
  try {
    for await (const event of events) {
      if (event.type === 'conversation') tell.onConversation?.(event.id);
      if (event.type === 'run') tell.onRun?.(event.id);
      answer = addEvent(answer, event, performance.now());
      show();
    }
    answer = { ...answer, status: 'done' };
  } catch (thrown) {
    const error = toError(thrown);
    if (error.conversationId !== null) tell.onConversation?.(error.conversationId);
    answer = isStop(error) ? { ...answer, status: 'stopped' } : { ...answer, status: 'failed', error };
  }
  clearTimeout(timer);
  answer = { ...answer, endedAt: performance.now() };
  onChange(answer);
  const settled = await settle(gateway, answer).catch(() => answer);
  onChange(settled);
  return settled;
}
