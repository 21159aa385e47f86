import type { ChatCompletion, ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { TurnRequest } from '../../../contracts/chat/turn.ts';
import { AppError } from '../../errors/app-error.ts';
import { ChunkCollector } from '../../providers/chunk-collector.ts';
import { Json } from '../../providers/json.ts';
import type { ConversationStore, EndedTurn, UsageStore } from '../../store/store.ts';
import type { Catalog } from '../models/catalog.ts';
import { buildPrompt } from './build-prompt.ts';
import type { Caller } from './caller.ts';
import { withCost } from './create-completion.ts';
import { expectChat } from './estimate-tokens.ts';
import { Meter } from './meter.ts';
import { applyConstraints, type ChatPlan, toCall } from './plan-chat.ts';
import { resolveTurn } from './plan-turn.ts';
import { type ChunkBatch, relayChunks } from './relay-chunks.ts';
import { newMessages, storedAnswer } from './store-message.ts';

export interface TurnDeps {
  readonly catalog: Catalog;
  readonly conversations: ConversationStore;
  readonly usage: UsageStore;
}

/** A turn that is stored and about to be answered. */
interface OpenTurn {
  readonly plan: ChatPlan;
  readonly request: Json<ChatCompletionRequest>;
  readonly meter: Meter;
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
  const { model, backend } = resolveTurn(deps.catalog.for(caller.principal), turn);
  const messages = newMessages(turn);
  const fields = JSON.stringify({ model: model.alias, ...upstreamFields(turn, stream) });
  const begun = await deps.conversations.beginTurn({
    conversationId: turn.conversation_id ?? null,
    owner: caller.principal.owner,
    userId: turn.user_id ?? null,
    model: model.alias,
    systemPrompt: turn.system_prompt,
    messages,
  });
  const { conversationId, answerId } = begun;
  const store = (ended: Omit<EndedTurn, 'conversationId' | 'answerId'>) =>
    deps.conversations.endTurn({ conversationId, answerId, ...ended });
  /** Then there is nothing to keep of the turn. */
  let refused = false;
  try {
    const contextWindow = backend.provider.contextWindow ?? model.contextWindow;
    const prompt = buildPrompt({ systemPrompt: begun.systemPrompt, history: begun.history, messages, contextWindow });
    const request = Json.ofBytes<ChatCompletionRequest>(Buffer.from(`${fields.slice(0, -1)},"messages":${prompt}}`));
    // Of a turn before, with a model that sees: the turn itself was checked.
    const unseen = !model.input.includes('image') && prompt.includes('"image_url"');
    const target = { model, backend: unseen ? { ...backend, ignoresImages: true } : backend };
    const plan = applyConstraints(target, { ...turn, stream }, () => request.value.messages, caller);
    const meter = new Meter(deps.usage, 'c1.chat', plan, caller, request.bytes.length);
    meter.conversationId = conversationId;
    meter.showsCost = turn.usage?.include === true;
    await meter
      .admit(() => expectChat(request.value, model))
      .catch(async (refusal: unknown) => {
        refused = true;
        await deps.conversations.dropTurn(begun);
        throw refusal;
      });
    caller.setHeader('x-conversation-id', conversationId);
    const end = async (completion: ChatCompletion | null, failure?: unknown) => {
      meter.end(failure);
      const status = statusOf(completion, failure, caller);
      await store({ status, usage: meter.reported, ...storedAnswer(completion) });
    };
    return { plan, request, meter, end };
  } catch (error) {
    if (refused) throw error;
    caller.setHeader('x-conversation-id', conversationId);
    await store({ status: 'failed', usage: null, ...storedAnswer(null) });
    throw error;
  }
}

/** `POST /c1/chat`: one turn of a remembered conversation, as one answer. It is on disk when the answer is given. */
export async function takeTurn(deps: TurnDeps, turn: TurnRequest, caller: Caller): Promise<Json<ChatCompletion>> {
  if (turn.stream) throw new AppError('invalid_field', 'A streamed turn is a subscription here.', { param: 'stream' });
  const { plan, request, meter, end } = await openTurn(deps, turn, caller, false);
  let answer: Json<ChatCompletion>;
  try {
    answer = await plan.backend.provider.complete(toCall(plan, request, caller));
    meter.whole(answer.value);
  } catch (error) {
    await end(null, error);
    throw error;
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
  const { plan, request, meter, end } = await openTurn(deps, turn, caller, true);
  const collector = new ChunkCollector();
  let failure: unknown = new AppError('upstream_unavailable', 'The client left.');
  try {
    const upstream = plan.backend.provider.stream(toCall(plan, request, caller));
    const includeUsage = turn.stream_options?.include_usage === true;
    for await (const batch of upstream) {
      const relayed = relayChunks(batch, includeUsage, meter);
      for (const chunk of relayed) collector.add(chunk.value);
      if (relayed.length > 0) yield relayed;
    }
    failure = undefined;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    await end(collector.started || failure === undefined ? collector.completion : null, failure);
  }
}
