import type { Principal } from '../access/caller.ts';
import type { Catalog, CatalogModel, Group, HelperModels } from './catalog.ts';

/** The current catalog. A request reads it once, at its beginning, and keeps the models that it found. */
export type CurrentCatalog = Pick<Catalog, 'models' | 'demoNotice' | 'groups' | 'helpers' | 'for' | 'has'>;

/** The catalog of the newest models file that was accepted. */
export class LiveCatalog implements CurrentCatalog {
  #catalog: Catalog;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** Requests from now on see this one; those under way keep their view of the one before. */
  replace(catalog: Catalog): void {
    this.#catalog = catalog;
  }

  get models(): readonly CatalogModel[] {
    return this.#catalog.models;
  }

  get demoNotice(): string | null {
    return this.#catalog.demoNotice;
  }

  get groups(): ReadonlyMap<string, Group> {
    return this.#catalog.groups;
  }

  get helpers(): HelperModels {
    return this.#catalog.helpers;
  }

  for(principal: Pick<Principal, 'models' | 'group'>): Catalog {
    return this.#catalog.for(principal);
  }

  has(alias: string): boolean {
    return this.#catalog.has(alias);
  }
}
