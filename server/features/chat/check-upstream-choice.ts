import { AppError } from '../../errors/app-error.ts';
import type { Principal } from '../access/caller.ts';
import type { CatalogModel } from '../models/catalog.ts';

/** Fields by which upstreams such as OpenRouter choose other models and providers, or add services of their own. */
const CHOICES = ['models', 'route', 'plugins', 'web_search_options'] as const;

/** Whether a key may have what costs more than the tokens of the model: the vendor's own tools, or its other models. */
export const mayUseHosted = ({ role }: Principal, { hostedTools }: CatalogModel): boolean =>
  role === 'admin' || hostedTools;

/** A key is held to its models and pays by their prices: what would go around either is refused. */
export function checkUpstreamChoice(
  model: CatalogModel,
  fields: Readonly<Record<string, unknown>>,
  principal: Principal,
): void {
  if (mayUseHosted(principal, model)) return;
  const { provider, tools } = fields;
  const field =
    CHOICES.find((name) => fields[name] != null) ?? (typeof provider === 'object' && provider && 'provider');
  if (field) {
    throw new AppError('invalid_field', `This key may not choose with '${field}' what the upstream does.`, {
      param: field,
    });
  }
  if (!Array.isArray(tools)) return;
  const hosted = tools.findIndex(({ type }) => type != null && type !== 'function' && type !== 'custom');
  if (hosted < 0) return;
  throw new AppError('invalid_field', "This key may not use the vendor's own tools with this model.", {
    param: `tools[${hosted}].type`,
  });
}
