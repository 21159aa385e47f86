import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Caller } from '../access/caller.ts';
import type { EndUser } from '../access/end-user.ts';
import { innerCaller } from '../access/inner-caller.ts';
import { completeChat } from './complete-chat.ts';
import type { CompletionDeps } from './create-completion.ts';

/** A question that the gateway itself asks a model. */
export interface HelperTask {
  /** The name of the operation in usage rows. */
  readonly operation: string;
  /** The alias that the operator chose. It may be one that the key is not allowed to use. */
  readonly model: string;
  /** It may be cut anywhere. */
  readonly question: string;
  readonly maxTokens: number;
  readonly timeoutMs: number;
  readonly conversationId: string;
  readonly endUser: EndUser | undefined;
}

/**
 * Asks a model a question in the name of a key, and returns the text of its answer. The question is admitted, limited
 * and billed like any request of that key. Throws the error that refuses or fails it, and `upstream_broken` for an
 * answer without text.
 */
export async function askHelper(deps: CompletionDeps, task: HelperTask, caller: Caller): Promise<string> {
  const { operation, conversationId, endUser } = task;
  const model = deps.catalog.models.find(({ alias }) => alias === task.model);
  if (!model) throw new AppError('model_not_in_allowlist', `The model '${task.model}' is not known here.`);
  caller.principal.account?.countRequest();
  // UTF-8 has no half of a surrogate pair, which some upstreams refuse.
  const content = Buffer.from(task.question).toString();
  const fields: ChatCompletionRequest = {
    model: model.alias,
    messages: [{ role: 'user', content }],
    max_tokens: task.maxTokens,
  };
  const signal = AbortSignal.any([caller.signal, AbortSignal.timeout(task.timeoutMs)]);
  const answer = await completeChat(
    deps,
    { model, request: Json.ofValue(fields), fields, surface: { operation, conversationId, endUser } },
    innerCaller(caller, signal),
  );
  const text = answer.value.choices[0]?.message.content?.trim();
  if (!text) throw new AppError('upstream_broken', `The model '${model.alias}' answered without text.`);
  return text;
}
