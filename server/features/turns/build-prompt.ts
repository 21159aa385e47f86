import type { ChatMessage } from '../../../contracts/chat/message.ts';
import { estimateTokens } from '../../canonical/estimate-tokens.ts';
import { repairText } from '../../canonical/read-body/repair-text.ts';
import { joinMessages, repairHistory } from '../../canonical/repair-history.ts';
import { EMPTY_ANSWER } from '../../canonical/stored-answer.ts';
import type { HistoryMessage, NewMessage } from '../../store/interface/turns.ts';
import { fitWindow, type Turn, weighMessages, weighTurns } from './fit-window.ts';
import { summaryMessage } from './summary-message.ts';

/** How much of the window a prompt may fill; the rest is for the answer, and for what the estimate is wrong by. */
const PROMPT_SHARE = 0.7;
/** A longest answer that leaves less than this share to the prompt is more than a wish. */
const LEAST_SHARE = 0.35;

/** By the last message of a turn, its answer. What was added without a turn has none, and is whole. */
const isWhole = (last: HistoryMessage | undefined) => last?.status === 'completed' || last?.prompt !== EMPTY_ANSWER;

/** An answer that came without a question: the question before it was asked in another turn, whose answer is on another branch. */
const isAnotherAnswer = (
  [first, ...others]: readonly HistoryMessage[],
  before: readonly HistoryMessage[] | undefined,
) => first?.role === 'assistant' && others.length === 0 && before !== undefined && before.at(-1)?.role !== 'assistant';

/** Turns that got an answer, whole or in part; one that failed is the client's to send again. */
export function answeredTurns<M extends HistoryMessage>(history: readonly M[]): Turn<M>[] {
  const turns = new Map<string, M[]>();
  for (const message of history) {
    const turn = turns.get(message.turnId);
    if (turn) turn.push(message);
    else turns.set(message.turnId, [message]);
  }
  const answered: Turn<M>[] = [];
  for (const messages of turns.values()) {
    if (!isWhole(messages.at(-1))) continue;
    const before = answered.at(-1)?.messages;
    if (before && isAnotherAnswer(messages, before)) before.push(...messages);
    else answered.push({ messages });
  }
  return answered;
}

/** The ids of the tool calls in an answer. */
export const callIds = (prompt: string): string[] => {
  const message: { tool_calls?: { id: string }[] } = JSON.parse(prompt);
  return (message.tool_calls ?? []).map(({ id }) => id);
};

const RESULT_START = '{"role":"tool","tool_call_id":';
const ID = /"(?:[^"\\]|\\.)*"/y;

/** The id of the call that a stored result belongs to, without parsing its pictures. */
export function resultId(prompt: string): string {
  ID.lastIndex = RESULT_START.length;
  const [id] = (prompt.startsWith(RESULT_START) && ID.exec(prompt)) || [];
  const result: { tool_call_id?: string } = id === undefined ? JSON.parse(prompt) : { tool_call_id: JSON.parse(id) };
  return result.tool_call_id ?? '';
}

type Stored = Pick<HistoryMessage, 'role' | 'prompt'>;

/** Longer messages of clients are not searched again for half a surrogate pair. In UTF-16 units. */
const LONG = 1024 * 1024;

/**
 * An answer may have been cut in the middle of an emoji. What clients send is repaired when it arrives; it may have
 * megabytes, and to search them once more would keep every other request waiting.
 */
const repaired = ({ role, prompt }: Stored): string =>
  role !== 'assistant' && prompt.length > LONG ? prompt : repairText(prompt);

const mayNeedRepair = ({ role, prompt }: Stored) =>
  role === 'tool' || (role === 'assistant' && (prompt === EMPTY_ANSWER || prompt.includes('"tool_calls"')));

/** As much of a stored message as its repair has to know: calls are parsed, pictures and other words are not. */
function toHead(stored: Stored): ChatMessage {
  const { role, prompt } = stored;
  if (role === 'tool') return { role, tool_call_id: resultId(prompt) };
  return mayNeedRepair(stored) ? JSON.parse(prompt) : { role, content: 'not read' };
}

/** Without results whose calls were deleted from the conversation. */
function withoutDeletedCalls(heads: readonly ChatMessage[]): ChatMessage[] {
  const called = new Set<string>();
  return heads.filter(({ role, tool_calls: calls, tool_call_id: id }) => {
    for (const call of calls ?? []) called.add(call.id);
    return role !== 'tool' || called.has(id ?? '');
  });
}

/** A text without pictures, which some models do not take. */
const TEXT_START = '{"role":"user","content":"';

/**
 * The places of questions that follow a question without an answer: the answer was deleted, or the conversation was
 * forked at the question. A question with media stays alone, so that its media can still be left out. The last messages,
 * `own` in number, are those of the request, which stay apart as its client wrote them.
 */
function findSecondQuestions(
  history: readonly HistoryMessage[],
  messages: readonly Stored[],
  own = messages.length,
): number[] {
  const stored: (Stored & { readonly turnId?: string })[] = [...history, ...messages];
  const firstOwn = stored.length - own;
  return stored.flatMap(({ role, turnId }, i) => {
    const before = stored[i - 1];
    if (i > firstOwn || role !== 'user' || before?.role !== 'user') return [];
    return turnId !== before.turnId && before.prompt.startsWith(TEXT_START) ? [i] : [];
  });
}

/** Joins each of these questions with the one before it: many chat templates want user and assistant to alternate. */
function joinQuestions(
  messages: readonly ChatMessage[],
  second: ReadonlySet<ChatMessage>,
  read: (head: ChatMessage) => ChatMessage,
): ChatMessage[] {
  const joined: ChatMessage[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (last?.role === 'user' && second.has(message)) {
      joined[joined.length - 1] = joinMessages(read(last), read(message));
    } else joined.push(message);
  }
  return joined;
}

/** The texts of messages as every upstream takes them: the very same texts, where nothing is wrong with them. */
function toPrompts(history: readonly HistoryMessage[], messages: readonly Stored[], own?: number): string[] {
  const stored = [...history, ...messages];
  const second = findSecondQuestions(history, messages, own);
  if (second.length === 0 && !stored.some(mayNeedRepair)) return stored.map(repaired);
  const heads = stored.map(toHead);
  const prompts = new Map(stored.map((message, i) => [heads[i], repaired(message)]));
  const read = (head: ChatMessage): ChatMessage => {
    const prompt = prompts.get(head);
    return prompt === undefined ? head : JSON.parse(prompt);
  };
  const kept = [...withoutDeletedCalls(heads.slice(0, history.length)), ...heads.slice(history.length)];
  const questions = new Set(second.flatMap((place) => heads[place] ?? []));
  return joinQuestions(repairHistory(kept, read), questions, read).map(
    (message) => prompts.get(message) ?? JSON.stringify(message),
  );
}

/** What a prompt is made of. */
export interface PromptParts<M extends HistoryMessage = HistoryMessage> {
  readonly systemPrompt: string | null;
  readonly history: readonly M[];
  readonly messages: readonly Pick<NewMessage, 'role' | 'prompt'>[];
  /** The summary of what came before the history. Its bytes are the same in every prompt. Absent: there is none. */
  readonly summary?: string | undefined;
  /** How many messages at the end are new; default: `messages`. */
  readonly own?: number;
  /** In tokens; null when unknown. */
  readonly contextWindow: number | null;
  /** How many tokens the prompt may have, by our estimate, whatever the window is said to be. */
  readonly limit?: number;
  /** What goes with the messages, such as tools, as JSON. */
  readonly beside?: () => string;
  /** The longest answer that is asked for, in tokens. */
  readonly answerTokens?: number | null | undefined;
}

/** A prompt that keeps to its window. */
export interface Prompt<M extends HistoryMessage = HistoryMessage> {
  /** The JSON texts of its messages, which are the stored texts themselves. */
  readonly texts: readonly string[];
  /** The turns that were left out, oldest first. */
  readonly leftOut: readonly Turn<M>[];
  /** How many tokens it is likely to have, with what goes beside it. */
  weigh(): number;
}

/** In tokens, by our estimate. */
function limitOf({ contextWindow, answerTokens, limit = Number.POSITIVE_INFINITY }: PromptParts): number {
  if (contextWindow === null) return limit;
  const share = answerTokens == null ? PROMPT_SHARE : Math.min(PROMPT_SHARE, 0.95 - answerTokens / contextWindow);
  return Math.min(limit, contextWindow * Math.max(LEAST_SHARE, share));
}

const weighBeside = ({ systemPrompt, summary, beside = () => '' }: PromptParts): number =>
  estimateTokens(systemPrompt ?? '') + estimateTokens(summary ?? '') + estimateTokens(beside());

/**
 * Puts the summary before the first message. When the user wrote that message, the two become one message, because chat
 * templates need roles that alternate.
 */
function withSummary(summary: string | undefined, [first, ...prompts]: readonly string[]): string[] {
  if (first === undefined || summary === undefined) return first === undefined ? [] : [first, ...prompts];
  const lead = summaryMessage(summary);
  const message: ChatMessage = JSON.parse(first);
  if (message.role !== 'user') return [repairText(JSON.stringify(lead)), first, ...prompts];
  return [repairText(JSON.stringify(joinMessages(lead, message))), ...prompts];
}

/** How many tokens the messages of a prompt may have, without what goes beside them. Infinity when the window is not known. */
export const roomOf = (parts: PromptParts): number => limitOf(parts) - weighBeside(parts);

export function buildPrompt<M extends HistoryMessage>(parts: PromptParts<M>): Prompt<M> {
  const { systemPrompt, summary, history, messages, own } = parts;
  const system = systemPrompt ? [repairText(JSON.stringify({ role: 'system', content: systemPrompt }))] : [];
  const turns = answeredTurns(history);
  const limit = limitOf(parts);
  const kept = Number.isFinite(limit) ? fitWindow(turns, messages, limit - weighBeside(parts)) : turns;
  const prompts = toPrompts(
    kept.flatMap((turn) => turn.messages),
    messages,
    own,
  );
  return {
    texts: [...system, ...withSummary(summary, prompts)],
    leftOut: turns.slice(0, turns.length - kept.length),
    weigh: () => weighBeside(parts) + weighTurns(kept) + weighMessages(messages),
  };
}
