import type { Attributes } from '@opentelemetry/api';
import type { ChatCompletion, ChatCompletionRequest } from '../../../contracts/chat/completion.ts';

/** The longest content of one attribute, in characters: collectors refuse spans of megabytes. */
const LONGEST = 64 * 1024;

type Part = Readonly<Record<string, unknown>>;

const textPart = (content: string): Part => ({ type: 'text', content });

function partsOf(content: unknown): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [textPart(content)];
  if (!Array.isArray(content)) return [];
  return content.map((part: { type?: unknown; text?: unknown }) =>
    // Pictures and sound are described by their types only.
    typeof part.text === 'string' ? textPart(part.text) : { type: String(part.type ?? 'unknown') },
  );
}

interface Said {
  readonly role?: unknown;
  readonly content?: unknown;
  readonly tool_calls?: unknown;
}

const callsOf = (calls: unknown): Part[] =>
  Array.isArray(calls) ? calls.map((call: object) => ({ type: 'tool_call', ...call })) : [];

const toMessage = ({ role = 'assistant', content, tool_calls: calls }: Said) => ({
  role,
  parts: [...partsOf(content), ...callsOf(calls)],
});

const write = (value: unknown): string => JSON.stringify(value).slice(0, LONGEST);

/** The messages of a request, in the form of the conventions. */
export const inputAttributes = ({ messages }: ChatCompletionRequest): Attributes => ({
  'gen_ai.input.messages': write(messages.map(toMessage)),
});

/** The messages of an answer, in the form of the conventions. */
export const outputAttributes = ({ choices }: ChatCompletion): Attributes => ({
  'gen_ai.output.messages': write(
    choices.map(({ message, finish_reason: reason }) => ({ ...toMessage(message), finish_reason: reason })),
  ),
});
