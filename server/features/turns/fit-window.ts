import { estimateTokens } from '../../canonical/estimate-tokens.ts';
import type { HistoryMessage } from '../../store/interface/turns.ts';

/** A picture, whatever its size: vendors count from 85 to 1,600 tokens. */
const IMAGE_TOKENS = 1_000;
/** Other media, as they are sent: a page of a PDF has about 50,000 characters of base64 and 2,000 tokens; sound has more. */
const CHARS_PER_MEDIA_TOKEN = 25;
/** Role and marks. */
const MESSAGE_TOKENS = 4;

/** After an overflow this share of the room is kept, so that the next drop is many turns away. */
const KEPT_SHARE = 0.5;

/** How inline data begin in a stored message: those of a data URI, and those of `input_audio`. */
const DATA = /;base64,|"data":"/g;

const tokensOfData = (prompt: string, start: number, length: number): number =>
  prompt.slice(Math.max(0, start - 60), start).includes('data:image/')
    ? IMAGE_TOKENS
    : Math.ceil(length / CHARS_PER_MEDIA_TOKEN);

/** How many tokens a stored message is likely to be. Megabytes of a picture are not words. */
function weighMessage(prompt: string): number {
  let tokens = MESSAGE_TOKENS;
  let words = '';
  let from = 0;
  for (const { index, 0: mark } of prompt.matchAll(DATA)) {
    const start = index + mark.length;
    const end = prompt.indexOf('"', start);
    if (index < from || end < 0) continue;
    words += prompt.slice(from, start);
    tokens += tokensOfData(prompt, start, end - start);
    from = end;
  }
  return tokens + estimateTokens(words + prompt.slice(from));
}

/** The messages of one turn: those of the user and the answer. */
export interface Turn<M extends HistoryMessage = HistoryMessage> {
  readonly messages: M[];
}

type Stored = Pick<HistoryMessage, 'prompt'>;

export const weighMessages = (messages: readonly Stored[]): number =>
  messages.reduce((sum, { prompt }) => sum + weighMessage(prompt), 0);

export const weighTurns = (turns: readonly Turn[]): number =>
  turns.reduce((sum, { messages }) => sum + weighMessages(messages), 0);

/** A question may overflow the window before its answer is there to be counted. */
function weighTurn({ messages }: Turn): readonly [question: number, answer: number] {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return [weighMessages(messages), 0];
  return [weighMessages(messages.slice(0, -1)), weighMessage(last.prompt)];
}

/** No unit of a text weighs more tokens: where even so everything fits, nothing has to be weighed. */
const MOST_TOKENS_PER_UNIT = 2.25;

const unitsOf = (messages: readonly Stored[]): number =>
  messages.reduce((sum, { prompt }) => sum + prompt.length + MESSAGE_TOKENS, 0);

const isSmall = (turns: readonly Turn[], next: readonly Stored[], room: number): boolean =>
  turns.reduce((sum, { messages }) => sum + unitsOf(messages), unitsOf(next)) * MOST_TOKENS_PER_UNIT <= room;

/**
 * Drops whole turns from the front when the window overflows, many at once: between two drops each prompt is a prefix
 * of the next one, which is what an upstream's prefix cache needs. The cut follows from the history alone: it is where
 * earlier turns have put it. `next` is what the turn itself adds; `room` is in tokens.
 */
export function fitWindow<M extends HistoryMessage>(
  turns: readonly Turn<M>[],
  next: readonly Stored[],
  room: number,
): readonly Turn<M>[] {
  if (isSmall(turns, next, room)) return turns;
  const weights = turns.map(weighTurn);
  let first = 0;
  let sum = 0;
  /** What is added belongs to the turn at `place`, which stays. */
  const add = (tokens: number, place: number) => {
    sum += tokens;
    if (sum <= room) return;
    while (first < place && sum > room * KEPT_SHARE) {
      const [question, answer] = weights[first++] ?? [0, 0];
      sum -= question + answer;
    }
  };
  for (const [place, [question, answer]] of weights.entries()) {
    add(question, place);
    add(answer, place);
  }
  add(weighMessages(next), turns.length);
  return turns.slice(startOfUserTurn(turns, first));
}

/** A history must not begin with the results of tool calls that were dropped. */
function startOfUserTurn(turns: readonly Turn[], from: number): number {
  let first = from;
  while (first > 0 && first < turns.length && turns[first]?.messages[0]?.role === 'tool') first++;
  return first;
}
