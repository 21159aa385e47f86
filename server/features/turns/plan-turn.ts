import type { Content } from '../../../contracts/chat/message.ts';
import type { TurnRequest } from '../../../contracts/chat/turn.ts';
import { AppError } from '../../errors/app-error.ts';
import { checkImage } from '../chat/check-image.ts';
import { checkPart } from '../chat/check-messages.ts';
import { checkedFields, checkTools } from '../chat/plan-chat.ts';
import { refuseLookalikes } from '../chat/refuse-lookalikes.ts';
import type { Backend, Catalog, CatalogModel } from '../models/catalog.ts';
import { noBackend } from '../routing/no-backend.ts';

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
  throw new AppError('invalid_field', `'${model.alias}' has no backend of that provider (it has: ${known}).`, {
    param: 'provider',
  });
}

function checkContent(model: CatalogModel, content: Content | undefined, param: string): void {
  if (!Array.isArray(content)) return;
  for (const [i, part] of content.entries()) {
    if (part.type !== 'text') checkPart(model, part, `${param}[${i}]`);
  }
}

/** Checks a turn and finds its backends, before anything is stored. */
export function resolveTurn(catalog: Catalog, turn: TurnRequest): Target {
  refuseLookalikes(turn, checkedFields);
  const model = catalog.get(turn.model);
  const empty = turn.message === undefined || turn.message.length === 0;
  if (empty && !turn.tool_results?.length && !turn.images?.length) {
    throw new AppError('missing_field', 'Give a message, or the tool_results of the last answer.', {
      param: 'message',
    });
  }
  checkContent(model, turn.message, 'message');
  for (const [i, { content }] of (turn.tool_results ?? []).entries()) {
    checkContent(model, content, `tool_results[${i}].content`);
  }
  for (const [i, image] of (turn.images ?? []).entries()) {
    checkImage(image.url, `images[${i}].url`);
    if (!model.input.includes('image')) {
      throw new AppError('modality_not_supported', `The model '${model.alias}' does not accept image input.`, {
        param: `images[${i}]`,
      });
    }
  }
  checkTools(model, turn.tools);
  const target = turn.provider
    ? resolveProvider(catalog, turn.model, turn.provider)
    : { model, backends: model.backends };
  if (target.backends.length === 0) throw noBackend(target.model);
  return target;
}
