import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Caller } from '../access/caller.ts';
import type { EndUser } from '../access/end-user.ts';
import { innerCaller } from '../access/inner-caller.ts';
import { completeChat } from './complete-chat.ts';
import type { CompletionDeps } from './create-completion.ts';

/** What the gateway asks a model for by itself. */
export interface HelperTask {
  /** As in usage rows. */
  readonly operation: string;
  /** The alias of the operator's choice. The models that the key is allowed to use do not matter. */
  readonly model: string;
  readonly question: string;
  readonly maxTokens: number;
  readonly timeoutMs: number;
  readonly conversationId: string;
  readonly endUser: EndUser | undefined;
}

/**
 * Asks a model something in the name of a key, and returns the text of its answer. It is let in, limited and billed as
 * any request of that key. Throws what refuses or fails it, and `upstream_broken` for an answer without text.
 */
export async function askHelper(deps: CompletionDeps, task: HelperTask, caller: Caller): Promise<string> {
  const { operation, conversationId, endUser } = task;
  const model = deps.catalog.models.find(({ alias }) => alias === task.model);
  if (!model) throw new AppError('model_not_in_allowlist', `The model '${task.model}' is not known here.`);
  caller.principal.account?.countRequest();
  const fields: ChatCompletionRequest = {
    model: model.alias,
    messages: [{ role: 'user', content: task.question }],
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
