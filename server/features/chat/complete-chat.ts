import type { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { ChatMessage } from '../../../contracts/chat/message.ts';
import { isToken } from '../../canonical/is-token.ts';
import type { Json } from '../../canonical/json.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { OriginalRequest } from '../../providers/provider.ts';
import type { Caller } from '../access/caller.ts';
import { type EndUser, endUserOf } from '../access/end-user.ts';
import { expectAnswer } from '../metering/expect-tokens.ts';
import type { Meter } from '../metering/meter.ts';
import {
  type Attempt,
  type MeteredRequest,
  type MeteringDeps,
  runMetered,
  streamMetered,
} from '../metering/run-metered.ts';
import { withUsage } from '../metering/show-usage.ts';
import type { Backend, CatalogModel } from '../models/catalog.ts';
import { affinityKeyOf } from '../routing/affinity-key.ts';
import { type Adaptation, applyConstraints, type SteeringFields, toCall } from './plan-chat.ts';
import { type ChunkBatch, ChunkRelay } from './relay-chunks.ts';

/** The surface that a completion is made for, and what the surface does in its own way. */
export interface Surface {
  /** The name of the operation in usage rows. */
  readonly operation: string;
  /** Absent: the `user` of the request. */
  readonly endUser?: EndUser | undefined;
  /** The id of the stored conversation, if there is one. It is the affinity key. */
  readonly conversationId?: string | null;
  /** Called when the request is refused, for lack of money or of room. */
  onRefused?(refusal: unknown): Promise<void>;
  /** Called when it is. */
  onAdmitted?(meter: Meter): void;
  /** The request as that surface got it, for upstreams that speak its dialect. */
  readonly original?: OriginalRequest | undefined;
  /** The backends of the model that can serve the request; absent: all. */
  readonly backends?: readonly Backend[] | undefined;
  /** The changes made for one backend, as the `x-gateway-applied` header reports them. */
  adapt?(backend: Backend): Adaptation | undefined;
  /**
   * Another history, after an upstream refused the request: a shorter one, or one with fewer media. Null when nothing in
   * the history can be the reason.
   */
  shorten?(failure: unknown): readonly ChatMessage[] | null;
  /** Whether a chunk holds a part of the answer; absent: as in the canonical form. */
  isToken?(chunk: ChatCompletionChunk): boolean;
}

/** A chat that was checked, and is ready to be sent to whichever backend answers. */
export interface Chat {
  readonly model: CatalogModel;
  /** Another one once it was shortened. */
  request: Json<ChatCompletionRequest>;
  /** The fields of the request that the gateway acts on. They can be read without parsing the request. */
  readonly fields: SteeringFields & Readonly<Record<string, unknown>>;
  readonly surface: Surface;
}

const originalOf = ({ original }: Surface): object[] => (original ? [original.body] : []);

function toMetered(chat: Chat, caller: Caller): MeteredRequest {
  const { model, request, fields, surface } = chat;
  const { operation, conversationId = null, backends = model.backends } = surface;
  const affinityKey = () => (conversationId === null ? affinityKeyOf(request.value) : `conversation:${conversationId}`);
  return {
    operation,
    job: { model, backends, caller, affinityKey },
    requestBytes: request.receivedBytes,
    endUser: surface.endUser ?? endUserOf(fields.user, 'user'),
    input: () => chat.request.value,
    conversationId,
    showsCost: fields.usage?.include === true,
    expect: () =>
      expectAnswer({ fields, forms: () => [request.value, ...originalOf(surface)] }, { ...model, backends }),
    onAdmitted: (meter) => surface.onAdmitted?.(meter),
    onRefused: async (refusal) => surface.onRefused?.(refusal),
    shorten(failure) {
      const messages = surface.shorten?.(failure);
      if (messages) chat.request = chat.request.with({ messages });
      return Boolean(messages);
    },
  };
}

function callOf({ model, request, fields, surface }: Chat, { backend, caller, meter }: Attempt, stream: boolean) {
  const sent = stream ? { ...fields, stream } : fields;
  const messages = () => request.value.messages;
  const target = { model, backend, answerLimit: meter.answerLimit };
  const plan = applyConstraints(target, sent, messages, caller, surface.adapt?.(backend));
  return toCall(plan, request, caller, surface.original);
}

/** One chat, as one answer. */
export function completeChat(deps: MeteringDeps, planned: Chat, caller: Caller): Promise<Json<ChatCompletion>> {
  const chat = { ...planned };
  return runMetered(deps, {
    request: toMetered(chat, caller),
    shortens: true,
    async attempt(attempt) {
      const { backend, meter } = attempt;
      let begunAt: number | undefined;
      const onFirstToken = () => {
        begunAt = monotonicNow();
      };
      const answer = await backend.provider.complete({ ...callOf(chat, attempt, false), onFirstToken });
      meter.recordFirstToken(begunAt);
      meter.recordCompletion(answer.value);
      caller.record.watch?.answer?.completion(answer.value);
      return withUsage(answer, meter);
    },
  });
}

/** Completes a chat as a stream of chunks. `plan` is called at the first pull, and nothing happens before that. */
export function streamChat(
  deps: MeteringDeps,
  plan: () => Chat,
  caller: Caller,
): AsyncGenerator<ChunkBatch, void, void> {
  return streamMetered(deps, () => {
    const chat = { ...plan() };
    const chunks = new ChunkRelay<ChatCompletionChunk>(chat.fields.stream_options?.include_usage === true);
    return {
      request: toMetered(chat, caller),
      isToken: (chunk) => chat.surface.isToken?.(chunk) ?? isToken(chunk),
      open: (attempt) => attempt.backend.provider.stream(callOf(chat, attempt, true)),
      relay(batch, meter) {
        const watch = caller.record.watch?.answer;
        if (watch) for (const { value } of batch) watch.chunk(value);
        return chunks.relay(batch, meter);
      },
      end: (meter) => chunks.end(meter),
    };
  });
}
