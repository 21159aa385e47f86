import type { TurnRequest } from '../../../contracts/turns/turn.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { Principal } from '../access/caller.ts';
import { senderOf, throwFault } from '../access/check-fields.ts';
import type { Sender } from '../access/content-check.ts';
import { checkModalities } from '../chat/check-messages.ts';
import { content as checkContent, toolResult, turnImage } from '../chat/known-content.ts';
import { checkedFields, checkTools } from '../chat/plan-chat.ts';
import { refuseLookalikes } from '../chat/refuse-lookalikes.ts';
import type { Backend, Catalog, CatalogModel } from '../models/catalog.ts';
import { noBackend } from '../routing/no-backend.ts';
import { checkPlace } from './place-turn.ts';

/** Where a turn may go. */
interface Target {
  readonly model: CatalogModel;
  readonly backends: readonly Backend[];
}

/** `provider` means the alias `<model>-<provider>` when there is one, else the backends of that provider. */
function resolveProvider(catalog: Catalog, alias: string, provider: string): Target {
  const named = catalog.find(`${alias}-${provider}`);
  if (named) return { model: named, backends: named.backends };
  const model = catalog.get(alias);
  const backends = model.backends.filter((candidate) => candidate.provider.id === provider);
  if (backends.length > 0) return { model, backends };
  const known = [...new Set(model.backends.map((candidate) => candidate.provider.id))].join(', ') || 'none';
  throw invalidField('provider', `'${model.alias}' has no backend of that provider (it has: ${known}).`);
}

/** The parts of a turn must be known and inline, and of a kind that the model accepts. */
function checkTurn(model: CatalogModel, { message, tool_results, images }: TurnRequest, sender: Sender): void {
  if (message !== undefined) throwFault(checkContent(message, sender), 'message');
  checkModalities(model, message, 'message');
  for (const [i, result] of (tool_results ?? []).entries()) {
    throwFault(toolResult(result, sender), `tool_results[${i}]`);
    checkModalities(model, result.content, `tool_results[${i}].content`);
  }
  for (const [i, image] of (images ?? []).entries()) {
    throwFault(turnImage(image, sender), `images[${i}]`);
    if (model.input.includes('image')) continue;
    throw new AppError('modality_not_supported', `The model '${model.alias}' does not accept image input.`, {
      param: `images[${i}]`,
    });
  }
}

/** Checks a turn and finds its backends, before anything is stored. */
export function resolveTurn(catalog: Catalog, turn: TurnRequest, principal: Principal): Target {
  refuseLookalikes(turn, checkedFields);
  const model = catalog.get(turn.model);
  const empty = turn.message === undefined || turn.message.length === 0;
  const isQuestion = !empty || Boolean(turn.tool_results?.length) || Boolean(turn.images?.length);
  checkPlace(turn, isQuestion);
  checkTurn(model, turn, senderOf(principal, model));
  checkTools(model, turn.tools);
  const target = turn.provider
    ? resolveProvider(catalog, turn.model, turn.provider)
    : { model, backends: model.backends };
  if (target.backends.length === 0) throw noBackend(target.model);
  return target;
}
