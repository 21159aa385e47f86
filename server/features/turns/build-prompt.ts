import { EMPTY_ANSWER, type HistoryMessage, type NewMessage } from '../../store/interface/conversations.ts';
import { bytesPerToken } from '../metering/prompt-size.ts';

/** What an image counts for, whatever its size: vendors charge from 250 to 1,500 tokens. In bytes of text. */
const IMAGE_BYTES = 1_000 * bytesPerToken.dense;

/** How much of the window the history may fill; the rest is for tools and the answer. */
const HISTORY_SHARE = 0.7;

/** After an overflow this share of the history's room is kept, so that the next drop is many turns away. */
const KEPT_SHARE = 0.5;

interface Turn<M extends HistoryMessage = HistoryMessage> {
  readonly messages: M[];
  readonly bytes: number;
}

/** By the last message of a turn, its answer. What was added without a turn has none, and is whole. */
const isWhole = (last: HistoryMessage | undefined) => last?.status === 'completed' || last?.prompt !== EMPTY_ANSWER;

/** The length of a message as a model sees it: the megabytes of an image are no words. */
function costOf(prompt: string): number {
  let cost = prompt.length;
  for (let at = prompt.indexOf(';base64,'); at >= 0; ) {
    const end = prompt.indexOf('"', at);
    if (end < 0) break;
    cost += IMAGE_BYTES - (end - at);
    at = prompt.indexOf(';base64,', end);
  }
  return cost;
}

/** Turns that got an answer, whole or in part; one that failed is the client's to send again. */
export function answeredTurns<M extends HistoryMessage>(history: readonly M[]): Turn<M>[] {
  const turns = new Map<string, M[]>();
  for (const message of history) {
    const turn = turns.get(message.turnId);
    if (turn) turn.push(message);
    else turns.set(message.turnId, [message]);
  }
  return [...turns.values()]
    .filter((messages) => isWhole(messages.at(-1)))
    .map((messages) => ({ messages, bytes: messages.reduce((sum, { prompt }) => sum + costOf(prompt), 0) }));
}

/**
 * Drops whole turns from the front when the window overflows, many at once: between two drops each prompt is a prefix
 * of the next one, which is what an upstream's prefix cache needs. The cut follows from the history alone.
 */
function fitWindow(turns: readonly Turn[], room: number): readonly Turn[] {
  let first = 0;
  let bytes = 0;
  for (const [i, turn] of turns.entries()) {
    bytes += turn.bytes;
    if (bytes <= room) continue;
    while (first < i && bytes > room * KEPT_SHARE) bytes -= turns[first++]?.bytes ?? 0;
  }
  return turns.slice(startOfUserTurn(turns, first));
}

/** A history must not begin with the results of tool calls that were dropped. */
function startOfUserTurn(turns: readonly Turn[], from: number): number {
  let first = from;
  while (first > 0 && first < turns.length && turns[first]?.messages[0]?.role === 'tool') first++;
  return first;
}

/** The ids of the tool calls in an answer. */
export const callIds = (prompt: string): string[] => {
  const message: { tool_calls?: { id: string }[] } = JSON.parse(prompt);
  return (message.tool_calls ?? []).map(({ id }) => id);
};

/** How the stored text of a result begins. */
const resultStart = (id: string): string => `{"role":"tool","tool_call_id":${JSON.stringify(id)},`;

/** By the stored text of a result, without parsing its pictures. */
export const isResultOf = (prompt: string, id: string): boolean => prompt.startsWith(resultStart(id));

/** Upstreams refuse a tool call without its result, and the other way round; what was never sent is said to be missing. */
function withMissingResults(messages: readonly { role: string; prompt: string }[]): string[] {
  const prompts: string[] = [];
  let open = new Set<string>();
  const close = () => {
    for (const id of open) prompts.push(`${resultStart(id)}"content":"(no result)"}`);
    open = new Set();
  };
  for (const { role, prompt } of messages) {
    if (role === 'tool') {
      const id = [...open].find((call) => isResultOf(prompt, call));
      // Its call was deleted.
      if (id === undefined) continue;
      open.delete(id);
    } else {
      close();
    }
    prompts.push(prompt);
    if (role === 'assistant' && prompt.includes('"tool_calls"')) open = new Set(callIds(prompt));
  }
  close();
  return prompts;
}

interface PromptParts {
  readonly systemPrompt: string | null;
  readonly history: readonly HistoryMessage[];
  readonly messages: readonly NewMessage[];
  /** In tokens; null when unknown: nothing is dropped. */
  readonly contextWindow: number | null;
}

/** The JSON text of the prompt's messages, made of the stored texts themselves. */
export function buildPrompt({ systemPrompt, history, messages, contextWindow }: PromptParts): string {
  const room = contextWindow === null ? Number.POSITIVE_INFINITY : contextWindow * HISTORY_SHARE * bytesPerToken.dense;
  const system = systemPrompt ? [JSON.stringify({ role: 'system', content: systemPrompt })] : [];
  const kept = fitWindow(answeredTurns(history), room - (systemPrompt?.length ?? 0)).flatMap((turn) => turn.messages);
  return `[${[...system, ...withMissingResults([...kept, ...messages])].join(',')}]`;
}
