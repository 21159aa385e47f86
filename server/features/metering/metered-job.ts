import type { Caller } from '../access/caller.ts';
import type { Backend, CatalogModel } from '../models/catalog.ts';

/** Who asks which model, and the backends that may answer. */
export interface MeteredJob {
  readonly model: CatalogModel;
  readonly backends: readonly Backend[];
  readonly caller: Caller;
}
