import type { ChatMessage, Content, ContentPart } from '../../contracts/chat/message.ts';

/** Marks text in a user's message that the user did not write. Agents use this mark, and models know it. */
export const remind = (text: string): string => `<system-reminder>\n${text}\n</system-reminder>`;

const isInstruction = ({ role }: ChatMessage): boolean => role === 'system' || role === 'developer';

const partsOf = (content: Content): ContentPart[] =>
  typeof content === 'string' ? (content === '' ? [] : [{ type: 'text', text: content }]) : content;

/** Joins two contents; the result is a text when both are texts. */
function joinContents(first: Content, second: Content): Content {
  if (typeof first !== 'string' || typeof second !== 'string') return [...partsOf(first), ...partsOf(second)];
  return [first, second].filter(Boolean).join('\n\n');
}

function asReminder({ content }: ChatMessage): Content {
  if (typeof content === 'string') return content === '' ? '' : remind(content);
  return (content ?? []).map((part) =>
    part.type === 'text' && typeof part.text === 'string' ? { ...part, text: remind(part.text) } : part,
  );
}

/** Writes instructions into the user's messages next to them. */
class Gatherer {
  readonly #out: ChatMessage[];
  /** Instructions that wait for a user's message: tool results must stand directly after their calls. */
  #waiting: Content = '';

  constructor(leading: readonly ChatMessage[]) {
    const content = leading.reduce<Content>((sum, { content: one }) => joinContents(sum, one ?? ''), '');
    const [first] = leading;
    this.#out = first && content.length > 0 ? [{ ...first, role: 'system', content }] : [];
  }

  add(message: ChatMessage): void {
    const last = this.#out.at(-1);
    if (isInstruction(message)) {
      const words = asReminder(message);
      if (last?.role === 'user' && this.#waiting.length === 0) this.#addTo(last, words);
      else this.#waiting = joinContents(this.#waiting, words);
    } else if (message.role === 'user' && this.#waiting.length > 0) {
      this.#out.push({ ...message, content: joinContents(this.#waiting, message.content ?? '') });
      this.#waiting = '';
    } else {
      if (message.role === 'assistant') this.#flush();
      this.#out.push(message);
    }
  }

  finish(): ChatMessage[] {
    this.#flush();
    return this.#out;
  }

  #addTo(last: ChatMessage, words: Content): void {
    this.#out[this.#out.length - 1] = { ...last, content: joinContents(last.content ?? '', words) };
  }

  #flush(): void {
    if (this.#waiting.length > 0) this.#out.push({ role: 'user', content: this.#waiting });
    this.#waiting = '';
  }
}

/**
 * The messages for models that take one system message, at the start, as most chat templates do. Instructions at the
 * start are joined; each later one becomes a part of the user's message next to it. Returns the very same list when
 * nothing has to change.
 */
export function gatherInstructions(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const misplaced = messages.some((message, i) => message.role === 'developer' || (i > 0 && message.role === 'system'));
  if (!misplaced) return messages;
  const found = messages.findIndex((message) => !isInstruction(message));
  const start = found < 0 ? messages.length : found;
  const gatherer = new Gatherer(messages.slice(0, start));
  for (const message of messages.slice(start)) gatherer.add(message);
  return gatherer.finish();
}
