import type { Loaded } from './load-messages.ts';

/** Where the conversation of a chat is kept, so that it survives a reload: a part of the browser's `Storage`. */
export interface ChatStorage {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

/** A storage that lives as long as its transport, where there is no browser. */
export function createMemory(): ChatStorage {
  const values = new Map<string, string>();
  return {
    getItem: (name) => values.get(name) ?? null,
    setItem: (name, value) => void values.set(name, value),
    removeItem: (name) => void values.delete(name),
  };
}

const nameOf = (chatId: string) => `duplex-chat:${chatId}`;

/** What is known of a chat beside its messages. */
export class ChatPlace {
  readonly #storage: ChatStorage;
  readonly #name: string;
  /** Answers by their questions, in the ids of the page. */
  readonly #answers = new Map<string, string>();
  /** The last answer of a message that has several, by the id of the message. */
  readonly #tails = new Map<string, string>();
  /** The run that makes the answer that the page shows, or is to show. */
  runId: string | undefined;

  constructor(storage: ChatStorage, chatId: string) {
    this.#storage = storage;
    this.#name = nameOf(chatId);
  }

  get conversationId(): string | undefined {
    return this.#storage.getItem(this.#name) ?? undefined;
  }

  set conversationId(id: string | undefined) {
    if (id !== undefined && id !== this.conversationId) this.#storage.setItem(this.#name, id);
  }

  /** The conversation is no more: the chat begins anew. */
  forget(): void {
    this.#storage.removeItem(this.#name);
    this.runId = undefined;
  }

  answerTo(questionId: string): string | undefined {
    return this.#answers.get(questionId);
  }

  tailOf(messageId: string): string {
    return this.#tails.get(messageId) ?? messageId;
  }

  setAnswer(answer: {
    readonly questionId: string | undefined;
    readonly messageId: string;
    readonly tail: string;
  }): void {
    if (answer.questionId !== undefined) this.#answers.set(answer.questionId, answer.messageId);
    this.#tails.set(answer.messageId, answer.tail);
  }

  setLoaded(loaded: readonly Loaded[]): void {
    let questionId: string | undefined;
    for (const { message, tail } of loaded) {
      if (message.role === 'user') questionId = message.id;
      else this.setAnswer({ questionId, messageId: message.id, tail });
    }
  }
}
