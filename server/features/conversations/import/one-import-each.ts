import { AppError } from '../../../errors/app-error.ts';
import type { Principal } from '../../access/caller.ts';

/** Allows each owner to import one file at a time. */
export class OneImportEach {
  readonly #busy = new Set<string | null>();

  /** Throws `import_in_progress` while another file of the same owner is being imported. */
  async run<T>({ owner }: Pick<Principal, 'owner'>, importFile: () => Promise<T>): Promise<T> {
    if (this.#busy.has(owner)) throw new AppError('import_in_progress');
    this.#busy.add(owner);
    try {
      return await importFile();
    } finally {
      this.#busy.delete(owner);
    }
  }
}
