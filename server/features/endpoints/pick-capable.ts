import { AppError } from '../../errors/app-error.ts';
import type { Provider } from '../../providers/provider.ts';
import { pickBackend } from '../chat/plan-chat.ts';
import type { Backend, CatalogModel } from '../models/catalog.ts';

/** What only some providers can do. */
type Ability = 'completeText' | 'streamText' | 'embed' | 'forward';

type Capable<A extends Ability> = Backend & { readonly provider: Required<Pick<Provider, A>> };

const can = <A extends Ability>(backend: Backend, abilities: readonly A[]): backend is Capable<A> =>
  abilities.every((ability) => backend.provider[ability] !== undefined);

/** The first backend of a model whose dialect has the endpoint. Throws `no_backend`. */
export function pickCapable<A extends Ability>(model: CatalogModel, ...abilities: A[]): Capable<A> {
  for (const backend of [pickBackend(model), ...model.backends]) if (can(backend, abilities)) return backend;
  throw new AppError('no_backend', `No backend of '${model.alias}' has this endpoint: their vendors offer none.`, {
    param: 'model',
  });
}
