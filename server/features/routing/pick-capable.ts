import { AppError } from '../../errors/app-error.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Backend, CatalogModel } from '../models/catalog.ts';
import { noBackend } from './no-backend.ts';

/** The capabilities that only some providers have. */
type Ability = 'completeText' | 'streamText' | 'embed' | 'forward';

export type Capable<A extends Ability> = Backend & { readonly provider: Required<Pick<Provider, A>> };

const can = <A extends Ability>(backend: Backend, abilities: readonly A[]): backend is Capable<A> =>
  abilities.every((ability) => backend.provider[ability] !== undefined);

/** The backends of a model whose dialect has the endpoint, in order. Throws `no_backend` when no backend has it. */
export function pickCapable<A extends Ability>(model: CatalogModel, ...abilities: A[]): Capable<A>[] {
  if (model.backends.length === 0) throw noBackend(model);
  const capable = model.backends.filter((backend): backend is Capable<A> => can(backend, abilities));
  if (capable.length > 0) return capable;
  throw new AppError('no_backend', `No backend of '${model.alias}' has this endpoint: their vendors do not offer it.`, {
    param: 'model',
  });
}
