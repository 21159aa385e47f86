import { hash } from 'node:crypto';
import { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { ChatMessage } from '../../../contracts/chat/message.ts';
import type { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Operation, OriginalRequest, ProviderCall } from '../../providers/provider.ts';
import type { Caller, Principal } from '../access/caller.ts';
import { checkFields, senderOf, throwFault } from '../access/check-fields.ts';
import type { Backend, Catalog, CatalogModel } from '../models/catalog.ts';
import { timeLeft } from '../routing/time-left.ts';
import { lowerLengths, raiseLengths } from './bound-length.ts';
import { checkMessages } from './check-messages.ts';
import { prediction as checkPrediction } from './known-content.ts';
import { leaveOutMedia } from './leave-out-media.ts';
import { refuseLookalikes } from './refuse-lookalikes.ts';

/** The fields that the gateway checks or sets. */
export const checkedFields: ReadonlySet<string> = new Set(Object.keys(ChatCompletionRequest.shape));

/** The backend that a chat goes to, and the changes of the gateway for it. */
export interface ChatPlan {
  readonly model: CatalogModel;
  readonly backend: Backend;
  /** Top-level fields set over the client's. */
  readonly changes: Readonly<Record<string, unknown>>;
  /** As in `x-gateway-applied`. */
  readonly applied: readonly string[];
}

/** Says what was changed in a request, and adds to it what a provider changes besides. */
function tellApplied(applied: readonly string[], caller: Caller): (what: string) => void {
  const told = [...applied];
  const tell = () => {
    if (told.length > 0) caller.setHeader('x-gateway-applied', told.join(', '));
  };
  tell();
  if (told.length > 0) caller.record.watch?.decided?.('the request is changed', { applied });
  return (what) => {
    // A request that is sent once more in another form is changed in the same way.
    if (told.includes(what)) return;
    told.push(what);
    tell();
    caller.record.watch?.decided?.('the provider changes the request', { applied: what });
  };
}

export const toCall = <Request extends object>(
  { model, backend, changes, applied }: ChatPlan,
  request: Json<Request>,
  caller: Caller,
  original?: OriginalRequest,
): ProviderCall<Request> => ({
  model: backend.model,
  alias: model.alias,
  request,
  original,
  changes,
  dropsUnsupported: model.unsupported === 'drop',
  onApplied: tellApplied(applied, caller),
  signal: caller.signal,
  timeouts: timeLeft(model, caller),
  tap: caller.record.tap,
});

/** The changes that a surface makes to a chat for one backend. */
export interface Adaptation {
  readonly changes: Pick<ChatCompletionRequest, 'max_tokens'> & { readonly messages?: readonly ChatMessage[] };
  /** As in `x-gateway-applied`. */
  readonly applied: readonly string[];
}

export const UNCHANGED: Adaptation = { changes: {}, applied: [] };

/** The fields of a request that the gateway acts on when it plans a call. */
export type SteeringFields = Pick<
  ChatCompletionRequest,
  'max_tokens' | 'max_completion_tokens' | 'modalities' | 'stream' | 'stream_options' | 'usage'
>;

/** Tools are refused where they could only be lost. */
export function checkTools(model: CatalogModel, tools: readonly unknown[] | null | undefined): void {
  if (model.tools || !tools || tools.length === 0) return;
  throw new AppError('tools_not_supported', `The model '${model.alias}' does not support tools.`, { param: 'tools' });
}

/** The model, the backend and the longest answer that a chat is planned for. */
export interface ChatTarget {
  readonly model: CatalogModel;
  readonly backend: Backend;
  /** The longest answer that is paid for, in tokens; null: as long as the request says. */
  readonly answerLimit: number | null;
}

/** The lengths of the answer that are changed, and what `x-gateway-applied` says of it. */
function boundLengths({ model, answerLimit }: ChatTarget, fields: Readonly<Record<string, unknown>>): Adaptation {
  const { minMaxTokens } = model;
  const raised = minMaxTokens === null ? {} : raiseLengths(minMaxTokens, fields);
  const lowered = answerLimit === null ? {} : lowerLengths(answerLimit, { ...fields, ...raised });
  const isRaised = Object.keys(raised).length > 0;
  const isLowered = Object.keys(lowered).length > 0;
  return {
    changes: { ...raised, ...lowered },
    applied: [
      ...(isRaised ? [`max_tokens_floored=${minMaxTokens}`] : []),
      ...(isLowered ? [`max_tokens_lowered=${answerLimit}`] : []),
    ],
  };
}

/** Not the key's hash itself, which is what we know keys by. Source: vLLM's design of automatic prefix caching. */
const cacheSaltOf = ({ principal }: Caller): string => hash('sha256', `cache-salt:${principal.keyHash}`, 'base64url');

/**
 * What the gateway changes in a request for one backend; a response header says what. `fields` are the request's own,
 * `messages` are only asked for when they may have to change.
 */
export function applyConstraints(
  target: ChatTarget,
  fields: SteeringFields & Readonly<Record<string, unknown>>,
  messages: () => readonly ChatMessage[],
  caller: Caller,
  adapted: Adaptation = UNCHANGED,
): ChatPlan {
  const { model, backend } = target;
  const isBounded = model.minMaxTokens !== null || target.answerLimit !== null;
  const bounded = isBounded ? boundLengths(target, { ...fields, ...adapted.changes }) : UNCHANGED;
  const applied = [...adapted.applied, ...bounded.applied];
  const changes: Record<string, unknown> = { ...adapted.changes, ...bounded.changes };
  const seen = backend.ignoresImages ? leaveOutMedia(adapted.changes.messages ?? messages(), () => true) : null;
  if (seen) {
    changes.messages = seen.messages;
    applied.push(...seen.applied);
  }
  // OpenRouter and LiteLLM give pictures only to who asks for them.
  if (model.output.includes('image') && !fields.modalities) {
    changes.modalities = model.output.includes('text') ? ['image', 'text'] : ['image'];
  }
  // The gateway always counts; who did not ask for the usage is not shown it.
  if (fields.stream) changes.stream_options = { ...fields.stream_options, include_usage: true };

  // The cost is ours to tell; most upstreams refuse the field.
  if (fields.usage !== undefined) changes.usage = undefined;

  if (backend.cacheSalt) changes.cache_salt ??= cacheSaltOf(caller);
  return { model, backend, changes, applied };
}

/** The dialects that a client's own request can be in, and the fields that it has there. */
const OPERATIONS: Readonly<Record<string, Operation>> = { anthropic: 'messages', 'openai-responses': 'responses' };

/** The caller of a chat, and the other forms in which it can be sent. */
interface Asking {
  readonly principal: Principal;
  /** The request in the client's own dialect, whose content was checked there. */
  readonly original?: OriginalRequest | undefined;
  /** The backends that may answer; absent: all backends of the model. */
  readonly backends?: readonly Backend[] | undefined;
}

/** Checks everything about a chat before anything is sent, and finds its model. */
export function checkChat(
  catalog: Catalog,
  request: ChatCompletionRequest,
  { principal, original, backends }: Asking,
): CatalogModel {
  refuseLookalikes(request, checkedFields);
  const model = catalog.get(request.model);
  const sender = senderOf(principal, model);
  const isVerbatim =
    original && (backends ?? model.backends).every(({ provider }) => provider.nativeDialect === original.dialect);
  checkMessages(model, request.messages, isVerbatim ? null : sender);
  if (request.prediction != null) throwFault(checkPrediction(request.prediction, sender), 'prediction');
  checkTools(model, request.tools);
  checkFields(principal, model, 'chat', request);
  const operation = original && OPERATIONS[original.dialect];
  if (operation) checkFields(principal, model, operation, original.body);
  return model;
}
