import type { Content } from '../../../contracts/chat/message.ts';
import type { TurnRequest } from '../../../contracts/chat/turn.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Backend, Catalog, CatalogModel } from '../models/catalog.ts';
import { checkImage } from './check-image.ts';
import { checkPart } from './check-messages.ts';
import { checkedFields, checkTools, pickBackend } from './plan-chat.ts';
import { refuseLookalikes } from './refuse-lookalikes.ts';

/** `provider` means the alias `<model>-<provider>` when there is one, else that backend of the model. */
function resolveProvider(catalog: Catalog, alias: string, provider: string): { model: CatalogModel; backend: Backend } {
  const named = catalog.find(`${alias}-${provider}`);
  if (named) return { model: catalog.get(named.alias), backend: pickBackend(named) };
  const model = catalog.get(alias);
  const backend = model.backends.find((candidate) => candidate.provider.id === provider);
  if (backend) return { model, backend };
  const known = model.backends.map((candidate) => candidate.provider.id).join(', ') || 'none';
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

/** Checks a turn and finds its backend, before anything is stored. */
export function resolveTurn(catalog: Catalog, turn: TurnRequest): { model: CatalogModel; backend: Backend } {
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
  return turn.provider ? resolveProvider(catalog, turn.model, turn.provider) : { model, backend: pickBackend(model) };
}
