import type { TurnRequest } from '../../../contracts/turns/turn.ts';
import { AppError } from '../../errors/app-error.ts';
import type { ConversationStore } from '../../store/interface/conversations.ts';
import type { RunFormat } from '../../store/interface/runs.ts';
import type { BegunTurn, NewMessage, PathMessage } from '../../store/interface/turns.ts';
import type { Caller } from '../access/caller.ts';
import { checkFields, senderOf } from '../access/check-fields.ts';
import { type EndUser, endUserOf } from '../access/end-user.ts';
import { checkHistory } from '../chat/check-history.ts';
import type { Chat, Surface } from '../chat/complete-chat.ts';
import type { CurrentCatalog } from '../models/live-catalog.ts';
import { adaptHistory, dropRareMedia } from './adapt-history.ts';
import { checkToolResults } from './check-tool-results.ts';
import { checkQuestion, placeOf, splitQuestion } from './place-turn.ts';
import { resolveTurn } from './plan-turn.ts';
import { newMessages } from './store-message.ts';
import { StoredTurn } from './stored-turn.ts';
import { summarizeTurns } from './summarize-turns.ts';
import type { Summarizer } from './summarizer.ts';
import { titleOf } from './title-of.ts';
import type { TitleWriter } from './title-writer.ts';
import { TurnPrompt } from './turn-prompt.ts';
import { writeFields, writeRequest } from './write-prompt.ts';

export interface OpenTurnDeps {
  readonly catalog: CurrentCatalog;
  readonly conversations: ConversationStore;
  readonly summarizer: Summarizer;
  readonly titles: TitleWriter;
}

/** A turn that is on disk. */
export interface OpenTurn {
  readonly stored: StoredTurn;
  /** The chat that answers it. Turns that do not fit the window may be summarized first. */
  chat(caller: Caller): Promise<Chat>;
}

/**
 * The fields of a turn that are for the upstream. The seeds' clients always send the no-op defaults (`tools: []`,
 * `tool_choice: "auto"`, `response_format: text`), which some upstreams refuse: they are left out.
 */
function upstreamFields(turn: TurnRequest, stream: boolean): Record<string, unknown> {
  const { message, images, tool_results, conversation_id, user_id, provider, system_prompt, model, ...rest } = turn;
  const { on_disconnect, parent_message_id, regenerate, overflow, idempotency_key, ...fields } = rest;
  const hasTools = Boolean(fields.tools?.length);
  return {
    ...fields,
    tools: hasTools ? fields.tools : undefined,
    tool_choice: hasTools ? (fields.tool_choice ?? undefined) : undefined,
    response_format: fields.response_format?.type === 'text' ? undefined : (fields.response_format ?? undefined),
    stream: stream || undefined,
  };
}

type Target = ReturnType<typeof resolveTurn>;

/** The messages that the model reads, oldest first. Only messages of the history may be left out. */
interface Said {
  readonly history: readonly PathMessage[];
  readonly messages: readonly Pick<NewMessage, 'role' | 'prompt'>[];
}

/** It is one for every backend of the chain, so that each of them can take over. */
function promptOf({ model, backends }: Target, { systemPrompt }: BegunTurn, turn: TurnRequest, said: Said) {
  const { tools, response_format: format } = turn;
  const parts = {
    systemPrompt,
    ...said,
    contextWindow: backends[0]?.provider.contextWindow ?? model.contextWindow,
    beside: () => JSON.stringify([tools ?? [], format ?? null]),
    answerTokens: turn.max_completion_tokens ?? turn.max_tokens,
  };
  return new TurnPrompt(parts, backends[0]);
}

const overflow = (turns: number) =>
  new AppError(
    'context_length_exceeded',
    `The conversation does not fit the context window: ${turns} of its oldest turns would be left out. Send overflow: "drop" to leave them out, continue after an earlier message, or start another conversation.`,
    { param: 'overflow' },
  );

/** A turn whose prompt is known. */
interface Prepared {
  readonly turn: TurnRequest;
  readonly target: Target;
  /** The fields for the upstream, as JSON. */
  readonly fields: string;
  readonly stored: StoredTurn;
  readonly prompt: TurnPrompt<PathMessage>;
  readonly endUser: EndUser | undefined;
}

async function toChat({ turn, target, fields, stored, prompt, endUser }: Prepared): Promise<Chat> {
  const { model, backends } = target;
  const request = await writeRequest(fields, prompt);
  let sent = () => request.value.messages;
  const surface: Surface = {
    operation: 'c1.chat',
    endUser,
    conversationId: stored.begun.conversationId,
    backends,
    adapt: (backend) => adaptHistory(model, backend, prompt, sent),
    shorten(failure) {
      if (dropRareMedia(failure, prompt, sent)) return sent();
      if (turn.overflow === 'error' || !prompt.shorten(failure)) return null;
      const shorter = prompt.parse();
      sent = () => shorter;
      return shorter;
    },
    onAdmitted: (meter) => stored.admitted(meter),
    onRefused: () => stored.drop(),
  };
  return { model, request, fields: turn, surface };
}

/** Puts the turn on disk and builds its prompt: nothing goes upstream before this has resolved. */
export async function openTurn(
  { catalog, conversations, summarizer, titles }: OpenTurnDeps,
  turn: TurnRequest,
  caller: Caller,
  runFormat: RunFormat,
): Promise<OpenTurn> {
  const target = resolveTurn(catalog.for(caller.principal), turn, caller.principal);
  const { model } = target;
  const asked = { model: model.alias, ...upstreamFields(turn, runFormat === 'chunks') };
  checkFields(caller.principal, model, 'chat', asked);
  if (turn.overflow === 'summarize') summarizer.ensureAvailable();
  const messages = await newMessages(turn);
  const fields = await writeFields(asked);
  const begun = await conversations.beginTurn({
    conversationId: turn.conversation_id ?? null,
    owner: caller.principal.owner,
    userId: turn.user_id ?? null,
    model: model.alias,
    systemPrompt: turn.system_prompt,
    messages,
    title: turn.conversation_id == null ? titleOf(messages) : null,
    runFormat,
    claim: caller.claim,
    place: placeOf(turn),
    check(history) {
      checkQuestion(turn, history);
      checkToolResults(turn.tool_results ?? [], history);
      checkHistory(history, senderOf(caller.principal, model), 'conversation_id');
    },
  });
  const stored = new StoredTurn(conversations, begun, caller);
  try {
    const said: Said = messages.length > 0 ? { history: begun.history, messages } : splitQuestion(begun.history);
    const prompt = promptOf(target, begun, turn, said);
    if (turn.overflow === 'error' && prompt.dropped > 0) {
      await stored.drop();
      throw overflow(prompt.dropped);
    }
    stored.onAnswered = () => prompt.confirm();
    const endUser = endUserOf(turn.user_id, 'user_id');
    if (begun.isNew) {
      const { conversationId } = begun;
      stored.onCompleted = (completion) =>
        titles.begin({ conversationId, userId: turn.user_id ?? null, messages, completion, endUser }, caller);
    }
    const prepared = { turn, target, fields, stored, prompt, endUser };
    if (turn.overflow === 'summarize') {
      const summarized = { begun, history: said.history, prompt, endUser };
      return {
        stored,
        async chat(running) {
          // The summary takes a while. The client may get its headers before it is complete.
          stored.announce();
          await summarizeTurns(summarizer, summarized, running);
          return toChat(prepared);
        },
      };
    }
    const chat = await toChat(prepared);
    return { stored, chat: async () => chat };
  } catch (error) {
    await stored.end(null, error);
    throw stored.explain(error);
  }
}
