import type { ChatMessage, ContentPart } from '../../../contracts/chat/message.ts';
import { estimateTokens } from '../../canonical/estimate-tokens.ts';
import type { HistoryMessage } from '../../store/interface/turns.ts';

/** `estimateTokens` counts up to 2.25 tokens for one UTF-16 unit. */
const LEAST_UNITS_PER_TOKEN = 1 / 2.25;

const SPEAKERS: Readonly<Record<HistoryMessage['role'], string>> = {
  user: 'User',
  assistant: 'Assistant',
  tool: 'Result of a tool',
  system: 'System',
  developer: 'System',
};

/** The words of a part. A picture, a sound or a file is only named. */
const partInWords = (part: ContentPart): string =>
  typeof part.text === 'string' ? part.text : `[${part.type.replace(/^input_|_url$/g, '')}]`;

const contentInWords = (content: ChatMessage['content']): string =>
  typeof content === 'string' ? content : (content ?? []).map(partInWords).join('\n');

/** A stored message as plain text, with the name of its speaker. */
function messageInWords({ role, prompt }: Pick<HistoryMessage, 'role' | 'prompt'>): string {
  const { content, tool_calls: calls }: Pick<ChatMessage, 'content' | 'tool_calls'> = JSON.parse(prompt);
  const called = (calls ?? []).map((call) => `[calls ${call.function?.name ?? ''}(${call.function?.arguments ?? ''})]`);
  return `${SPEAKERS[role]}: ${[contentInWords(content), ...called].filter(Boolean).join('\n')}`;
}

/** Cuts a text that is too long for one request. */
function* cut(text: string, room: number): Generator<string, void, void> {
  if (estimateTokens(text) <= room) {
    yield text;
    return;
  }
  const units = Math.max(1, Math.floor(room * LEAST_UNITS_PER_TOKEN));
  for (let from = 0; from < text.length; from += units) yield text.slice(from, from + units);
}

/** Writes messages as text, in pieces of at most `room` tokens. */
export function writeTranscript(messages: readonly HistoryMessage[], room: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  let tokens = 0;
  for (const message of messages) {
    for (const text of cut(messageInWords(message), room)) {
      const more = estimateTokens(text);
      if (piece !== '' && tokens + more > room) {
        pieces.push(piece);
        piece = '';
        tokens = 0;
      }
      piece += piece === '' ? text : `\n\n${text}`;
      tokens += more;
    }
  }
  return piece === '' ? pieces : [...pieces, piece];
}
