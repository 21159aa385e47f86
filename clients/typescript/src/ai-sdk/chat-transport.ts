import { isGatewayError } from '../gateway-error.ts';
import type { Gateway } from '../index.ts';
import type { Conversation, Inputs, TurnChunk, TurnRequest } from '../router-types.ts';
import { ChatPlace, type ChatStorage, createMemory } from './chat-place.ts';
import { type Loaded, replaySteps, toLoaded } from './load-messages.ts';
import { type Submitted, toTurn } from './to-turn.ts';
import type { LoadedMessage, LoadedPart, UiChunk, UiMessage } from './ui-types.ts';
import { UiWriter } from './ui-writer.ts';

export type { ChatStorage } from './chat-place.ts';
export type { LoadedMessage, LoadedPart, UiChunk, UiMessage, UiPart } from './ui-types.ts';

export interface ChatTransportOptions {
  readonly gateway: Gateway;
  /** An alias of `gateway.models.list`. */
  readonly model: string;
  /** Fields of every turn, such as `system_prompt`, `tools` or `user_id`. */
  readonly turn?: Partial<TurnRequest>;
  /** Where the conversation of each chat is kept. Default: the browser's `localStorage`; elsewhere memory. */
  readonly storage?: ChatStorage;
}

interface SendOptions extends Submitted {
  readonly chatId: string;
  readonly abortSignal: AbortSignal | undefined;
  /** Fields of this turn, as `sendMessage(message, { body })` has them. */
  readonly body?: object | undefined;
}

interface ReconnectOptions {
  readonly chatId: string;
  readonly abortSignal?: AbortSignal | undefined;
}

/** An answer on its way to the page. */
interface Shown {
  readonly place: ChatPlace;
  readonly chunks: AsyncIterator<TurnChunk, undefined>;
  readonly signal: AbortSignal | undefined;
  /** The message that the answer goes on with; undefined: one of its own. */
  readonly messageId: string | undefined;
  readonly questionId: string | undefined;
  /** What the message holds already, when it is written anew. */
  readonly steps: readonly LoadedPart[];
}

const answerIdOf = ({ run_id }: Pick<TurnChunk, 'run_id'>) => run_id.replace(/^run_/, 'msg_');

const ownStorage = () => (globalThis as { localStorage?: ChatStorage }).localStorage ?? createMemory();

/**
 * For `useChat` of the AI SDK, majors 5 to 7. The gateway remembers the conversation, so only what is new is sent, over the
 * client's websocket; an answer goes on while the page is reloaded, and `resume: true` shows it from its start.
 */
export class ChatTransport {
  /** A resumed stream writes its message from the start. Read by majors 6 and 7; 5 replaces a message by its id. */
  readonly resumeStreamIsReplay = true;
  readonly #options: ChatTransportOptions;
  readonly #storage: ChatStorage;
  readonly #places = new Map<string, ChatPlace>();

  constructor(options: ChatTransportOptions) {
    this.#options = options;
    this.#storage = options.storage ?? ownStorage();
  }

  /** The messages of a chat, for `useChat({ messages })` after a reload. Empty: nothing was said yet. */
  async loadMessages(chatId: string): Promise<LoadedMessage[]> {
    const place = this.#placeOf(chatId);
    const conversation = await this.#read(place);
    if (!conversation) return [];
    const loaded = toLoaded(conversation);
    place.setLoaded(loaded);
    place.runId = conversation.runs.at(-1)?.id;
    const running = place.runId && findRunning(conversation, loaded);
    // The rest of a message whose next step is being written comes with that step.
    return loaded.filter((one) => one !== running).map(({ message }) => message);
  }

  /** The id of a chat's conversation, once its first answer has begun. */
  conversationOf(chatId: string): string | undefined {
    return this.#placeOf(chatId).conversationId;
  }

  readonly sendMessages = async (options: SendOptions): Promise<ReadableStream<UiChunk>> => {
    const { chatId, messages, abortSignal: signal, body } = options;
    const { gateway, model, turn } = this.#options;
    const place = this.#placeOf(chatId);
    const { conversationId: conversation_id } = place;
    const sent: TurnRequest = { model, ...turn, ...body, ...toTurn(options, place) };
    const chunks = gateway.streamTurn(conversation_id === undefined ? sent : { ...sent, conversation_id }, {
      onLeave: 'detach',
      ...(signal ? { signal } : {}),
    });
    const last: UiMessage | undefined = messages.at(-1);
    // An answer to results of tools goes on in the message that called them.
    const messageId = last?.role === 'assistant' ? last.id : undefined;
    const questionId = messages.findLast(({ role }) => role === 'user')?.id;
    return toStream({ place, chunks, signal, messageId, questionId, steps: [] });
  };

  readonly reconnectToStream = async (options: ReconnectOptions): Promise<ReadableStream<UiChunk> | null> => {
    const { chatId, abortSignal: signal } = options;
    const { gateway, turn } = this.#options;
    const place = this.#placeOf(chatId);
    const conversation = await this.#read(place);
    const runId = place.runId ?? conversation?.runs.at(-1)?.id;
    if (!conversation || runId === undefined) return null;
    const user_id = turn?.user_id;
    const loaded = toLoaded(conversation);
    const answerId = answerIdOf({ run_id: runId });
    const running = findRunning(conversation, loaded) ?? loaded.find(({ tail }) => tail === answerId);
    const steps = running ? stepsBefore(running, answerId) : [];
    const questionId = loaded.findLast(({ message }) => message.role === 'user')?.message.id;
    const onStop = () => void gateway.cancel(runId, { user_id }).catch(() => undefined);
    signal?.addEventListener('abort', onStop, { once: true });
    const chunks = gateway.watch(runId, { user_id, ...(signal ? { signal } : {}) });
    const messageId = steps.length > 0 ? running?.message.id : undefined;
    return toStream({ place, chunks, signal, messageId, questionId, steps });
  };

  #placeOf(chatId: string): ChatPlace {
    const known = this.#places.get(chatId);
    if (known) return known;
    const place = new ChatPlace(this.#storage, chatId);
    this.#places.set(chatId, place);
    return place;
  }

  /** The active path, all pages of it. Undefined: there is no conversation, or none any more. */
  async #read(place: ChatPlace): Promise<Conversation | undefined> {
    const { conversationId: conversation_id } = place;
    if (conversation_id === undefined) return undefined;
    try {
      return await this.#readAll({ conversation_id, user_id: this.#options.turn?.user_id });
    } catch (error) {
      if (!isGatewayError(error) || error.code !== 'conversation_not_found') throw error;
      place.forget();
      return undefined;
    }
  }

  async #readAll(asked: Inputs['conversations']['get']): Promise<Conversation> {
    const { gateway } = this.#options;
    const conversation = await gateway.conversations.get.query(asked);
    const messages = [...conversation.messages];
    for (let { has_more } = conversation; has_more; ) {
      const after = messages.at(-1)?.id;
      const page = await gateway.conversations.get.query({ ...asked, ...(after === undefined ? {} : { after }) });
      messages.push(...page.messages);
      has_more = page.has_more && page.messages.length > 0;
    }
    return { ...conversation, messages };
  }
}

/** The message whose next step is being written: the results of its tools are the last words of the path. */
function findRunning({ messages }: Conversation, loaded: readonly Loaded[]): Loaded | undefined {
  const before = messages.findLast(({ status }) => status !== 'in_progress');
  return before?.role === 'tool' ? loaded.at(-1) : undefined;
}

/** The steps of a message without that of this answer, if it has been stored by now. */
function stepsBefore({ message, tail }: Loaded, answerId: string): LoadedPart[] {
  if (tail !== answerId) return message.parts;
  return message.parts.slice(
    0,
    message.parts.findLastIndex(({ type }) => type === 'step-start'),
  );
}

async function* showAnswer(shown: Shown): AsyncGenerator<UiChunk, void, void> {
  const { place, chunks, signal, questionId, steps } = shown;
  const writer = new UiWriter();
  let begun: TurnChunk | undefined;
  try {
    for (let read = await chunks.next(); !read.done; read = await chunks.next()) {
      if (!begun) {
        begun = read.value;
        const tail = answerIdOf(begun);
        const messageId = shown.messageId ?? tail;
        place.conversationId = begun.conversation_id;
        place.runId = begun.run_id;
        place.setAnswer({ questionId, messageId, tail });
        // Without an id of ours the SDK makes one up, and a resumed answer is shown twice.
        yield { type: 'start', messageId };
        yield* replaySteps(steps);
        yield { type: 'start-step' };
      }
      yield* writer.add(read.value);
    }
    place.runId = undefined;
    if (begun) yield* writer.end({ conversation_id: begun.conversation_id, run_id: begun.run_id });
  } catch (error) {
    if (!signal?.aborted) throw error;
    place.runId = undefined;
    yield* writer.close();
    yield { type: 'abort' };
  } finally {
    await chunks.return?.();
  }
}

/** A stream that reads only what is asked for: an error that comes later takes nothing with it that came before. */
function toStream(shown: Shown): ReadableStream<UiChunk> {
  const parts = showAnswer(shown);
  return new ReadableStream<UiChunk>(
    {
      async pull(controller) {
        const { value, done } = await parts.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      // A page that goes leaves the answer to go on.
      async cancel() {
        void shown.chunks.return?.();
        await parts.return();
      },
    },
    { highWaterMark: 0 },
  );
}
