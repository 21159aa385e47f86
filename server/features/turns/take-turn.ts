import type { ChatCompletion, ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { TurnRequest } from '../../../contracts/chat/turn.ts';
import { ChunkCollector } from '../../canonical/chunk-collector.ts';
import { isToken } from '../../canonical/is-token.ts';
import { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { toAppError } from '../../errors/to-wire.ts';
import type { ProviderCall } from '../../providers/provider.ts';
import type { ConversationStore, EndedTurn } from '../../store/interface/conversations.ts';
import type { UsageStore } from '../../store/interface/usage.ts';
import type { Caller } from '../access/caller.ts';
import { withoutAnswerMedia } from '../chat/check-messages.ts';
import { checkUpstreamChoice } from '../chat/check-upstream-choice.ts';
import { withCost } from '../chat/create-completion.ts';
import { applyConstraints, toCall } from '../chat/plan-chat.ts';
import { type ChunkBatch, relayChunks } from '../chat/relay-chunks.ts';
import { expectChat } from '../metering/expect-tokens.ts';
import { Meter } from '../metering/meter.ts';
import type { Backend, Catalog } from '../models/catalog.ts';
import type { Dispatcher, Job } from '../routing/dispatcher.ts';
import { buildPrompt } from './build-prompt.ts';
import { checkToolResults } from './check-tool-results.ts';
import { resolveTurn } from './plan-turn.ts';
import { newMessages, storedAnswer } from './store-message.ts';

export interface TurnDeps {
  readonly catalog: Catalog;
  readonly dispatcher: Dispatcher;
  readonly conversations: ConversationStore;
  readonly usage: UsageStore;
}

/** A turn that is stored and about to be answered. */
interface OpenTurn {
  readonly job: Job;
  /** What is sent to one of its backends. */
  callOf(backend: Backend, attempting: Caller): ProviderCall;
  readonly meter: Meter;
  readonly conversationId: string;
  /** Stores how it ended; the conversation is free again. */
  end(completion: ChatCompletion | null, failure?: unknown): Promise<void>;
}

/**
 * The fields of a turn that are for the upstream. The seeds' clients always send the no-op defaults (`tools: []`,
 * `tool_choice: "auto"`, `response_format: text`), which some upstreams refuse: they are left out.
 */
function upstreamFields(turn: TurnRequest, stream: boolean): Record<string, unknown> {
  const { message, images, tool_results, conversation_id, user_id, provider, system_prompt, model, ...fields } = turn;
  const hasTools = Boolean(fields.tools?.length);
  return {
    ...fields,
    tools: hasTools ? fields.tools : undefined,
    tool_choice: hasTools ? (fields.tool_choice ?? undefined) : undefined,
    response_format: fields.response_format?.type === 'text' ? undefined : (fields.response_format ?? undefined),
    stream: stream || undefined,
  };
}

function statusOf(completion: ChatCompletion | null, failure: unknown, caller: Caller): EndedTurn['status'] {
  if (failure === undefined) return 'completed';
  if (caller.signal.aborted) return 'cancelled';
  return completion ? 'incomplete' : 'failed';
}

/** Puts the turn on disk and builds its prompt: nothing goes upstream before this has resolved. */
async function openTurn(deps: TurnDeps, turn: TurnRequest, caller: Caller, stream: boolean): Promise<OpenTurn> {
  const { model, backends } = resolveTurn(deps.catalog.for(caller.principal), turn);
  checkUpstreamChoice(model, turn, caller.principal);
  const messages = newMessages(turn);
  const fields = JSON.stringify({ model: model.alias, ...upstreamFields(turn, stream) });
  const begun = await deps.conversations.beginTurn({
    conversationId: turn.conversation_id ?? null,
    owner: caller.principal.owner,
    userId: turn.user_id ?? null,
    model: model.alias,
    systemPrompt: turn.system_prompt,
    messages,
    check: (history) => checkToolResults(turn.tool_results ?? [], history),
  });
  const { conversationId, answerId } = begun;
  const store = (ended: Omit<EndedTurn, 'conversationId' | 'answerId'>) =>
    deps.conversations.endTurn({ conversationId, answerId, ...ended }).catch((error: unknown) => {
      throw toAppError(error).inConversation(conversationId);
    });
  /** Then there is nothing to keep of the turn. */
  let refused = false;
  try {
    // One prompt for every backend of the chain, so that each of them can take over.
    const contextWindow = backends[0]?.provider.contextWindow ?? model.contextWindow;
    const prompt = buildPrompt({ systemPrompt: begun.systemPrompt, history: begun.history, messages, contextWindow });
    const request = Json.ofBytes<ChatCompletionRequest>(Buffer.from(`${fields.slice(0, -1)},"messages":${prompt}}`));
    // Of a turn before, with a model that sees: the turn itself was checked.
    const hasImages = prompt.includes('"image_url"');
    const unseen = hasImages && !model.input.includes('image');
    const meter = new Meter(deps.usage, 'c1.chat', model, caller, request.bytes.length);
    meter.conversationId = conversationId;
    meter.showsCost = turn.usage?.include === true;
    await meter
      .admit(() => expectChat(request.value, model))
      ?.catch(async (refusal: unknown) => {
        refused = true;
        await deps.conversations.dropTurn(begun);
        throw refusal;
      });
    caller.setHeader('x-conversation-id', conversationId);
    const callOf = (backend: Backend, attempting: Caller) => {
      meter.backend = backend;
      const target = { model, backend: unseen ? { ...backend, ignoresImages: true } : backend };
      const worded = backend.provider.textAnswers && hasImages ? withoutAnswerMedia(request.value.messages) : null;
      const adaptation = worded ? { changes: { messages: worded }, applied: ['images_ignored'] } : undefined;
      const plan = applyConstraints(target, { ...turn, stream }, () => request.value.messages, caller, adaptation);
      return toCall(plan, request, attempting);
    };
    const job = { model, backends, caller, affinityKey: () => `conversation:${conversationId}` };
    const end = async (completion: ChatCompletion | null, failure?: unknown) => {
      meter.end(failure);
      const status = statusOf(completion, failure, caller);
      await store({ status, usage: meter.reported, ...storedAnswer(completion) });
    };
    return { job, callOf, meter, conversationId, end };
  } catch (error) {
    if (refused) throw error;
    caller.setHeader('x-conversation-id', conversationId);
    await store({ status: 'failed', usage: null, ...storedAnswer(null) });
    throw toAppError(error).inConversation(conversationId);
  }
}

/** `POST /c1/chat`: one turn of a remembered conversation, as one answer. It is on disk when the answer is given. */
export async function takeTurn(deps: TurnDeps, turn: TurnRequest, caller: Caller): Promise<Json<ChatCompletion>> {
  if (turn.stream) throw new AppError('invalid_field', 'A streamed turn is a subscription here.', { param: 'stream' });
  const { job, callOf, meter, conversationId, end } = await openTurn(deps, turn, caller, false);
  let answer: Json<ChatCompletion>;
  try {
    answer = await deps.dispatcher.complete(job, (backend) => backend.provider.complete(callOf(backend, caller)));
    meter.whole(answer.value);
  } catch (error) {
    await end(null, error);
    throw toAppError(error).inConversation(conversationId);
  }
  await end(answer.value);
  return withCost(answer, meter);
}

/** The same as a stream. The answer is stored when it ends, also when the upstream or the client breaks it off. */
export async function* streamTurn(
  deps: TurnDeps,
  turn: TurnRequest,
  caller: Caller,
): AsyncGenerator<ChunkBatch, void, void> {
  const { job, callOf, meter, conversationId, end } = await openTurn(deps, turn, caller, true);
  const collector = new ChunkCollector();
  let failure: unknown = new AppError('upstream_unavailable', 'The client left.');
  try {
    const upstream = deps.dispatcher.stream(job, isToken, (backend, attempting) =>
      backend.provider.stream(callOf(backend, attempting)),
    );
    const includeUsage = turn.stream_options?.include_usage === true;
    for await (const batch of upstream) {
      const relayed = relayChunks(batch, includeUsage, meter);
      for (const chunk of relayed) collector.add(chunk.value);
      if (relayed.length > 0) yield relayed;
    }
    failure = undefined;
  } catch (error) {
    failure = error;
    throw toAppError(error).inConversation(conversationId);
  } finally {
    await end(collector.started || failure === undefined ? collector.completion : null, failure);
  }
}
