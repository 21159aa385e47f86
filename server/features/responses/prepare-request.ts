import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { ChatMessage } from '../../../contracts/chat/message.ts';
import type { ResponseRequest } from '../../../contracts/responses/request.ts';
import { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Principal } from '../access/caller.ts';
import { senderOf, throwFault } from '../access/check-fields.ts';
import { plain } from '../access/content-check.ts';
import type { CompletionDeps } from '../chat/create-completion.ts';
import { checkChat } from '../chat/plan-chat.ts';
import type { CatalogModel } from '../models/catalog.ts';
import type { FollowDeps } from '../runs/follow-run.ts';
import type { ResponseStores } from './open-response.ts';
import { checkItems } from './request/known-items.ts';
import { planResponse, type ResponsePlan } from './request/plan-response.ts';
import { resolveInput } from './request/resolve-references.ts';
import { adaptInstructions, inOwnTerms, targetOf } from './request/to-completion.ts';

export interface ResponseDeps extends CompletionDeps, ResponseStores {
  readonly following: FollowDeps;
}

/** A request that was checked as far as it can be before anything is stored or sent. */
export interface PreparedRequest extends ResponsePlan {
  readonly model: CatalogModel;
}

/** Finds what the input refers to, checks all of it, and makes a chat of it. */
export async function prepareRequest(
  deps: ResponseDeps,
  request: ResponseRequest,
  principal: Principal,
): Promise<PreparedRequest> {
  const catalog = deps.catalog.for(principal);
  const model = catalog.get(request.model);
  const items = await resolveInput(deps, request, principal);
  const sender = senderOf(principal, model);
  checkItems(items, sender);
  // The variables of a prompt that OpenAI keeps may be pictures and files.
  throwFault(plain(request.prompt, sender), 'prompt');
  const plan = planResponse(request, model, items, principal);
  if (plan.input.length === 0 && request.conversation == null && request.previous_response_id == null) {
    throw new AppError('missing_field', "The field 'input' is required.", { param: 'input' });
  }
  try {
    checkChat(catalog, { ...plan.fields, messages: plan.input }, { principal, ...plan.surface });
  } catch (error) {
    throw inOwnTerms(error);
  }
  return { ...plan, model };
}

/** The chat completion of a prepared request, with everything that the model is to read. */
export const toChat = (
  { fields, model }: PreparedRequest,
  messages: readonly ChatMessage[],
): Json<ChatCompletionRequest> => Json.ofValue({ ...fields, messages: adaptInstructions(messages, targetOf(model)) });
