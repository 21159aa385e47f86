import type { Principal } from '../access/caller.ts';
import type { Catalog, CatalogModel, Group } from './catalog.ts';

/** What there is to ask for now. A request takes its view once, at its beginning, and keeps what it found there. */
export type CurrentCatalog = Pick<Catalog, 'models' | 'demoNotice' | 'groups' | 'for' | 'has'>;

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

  for(principal: Pick<Principal, 'models' | 'group'>): Catalog {
    return this.#catalog.for(principal);
  }

  has(alias: string): boolean {
    return this.#catalog.has(alias);
  }
}
