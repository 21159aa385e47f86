import { createHash, randomUUID } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { CheckedModelsFile, ModelsFileText, WrittenModelsFile } from '../../contracts/system/models-file.ts';
import type { ReloadReport } from '../../contracts/system/reload.ts';
import type { Env } from '../env.ts';
import { AppError } from '../errors/app-error.ts';
import type { ModelsEditor } from '../features/system/edit-models-file.ts';
import { withoutSecrets } from '../providers/http/secrets.ts';
import { ModelsFileError } from './models-file.ts';

const versionOf = (text: string): string => createHash('sha256').update(text).digest('hex');

function mayReplace(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Replaces a file as a whole: a crash leaves the old text or the new one. */
function replaceFile(path: string, text: string): void {
  const { mode } = statSync(path);
  const next = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    const file = openSync(next, 'wx', 0o600);
    try {
      writeFileSync(file, text);
      fchmodSync(file, mode & 0o7777);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(next, path);
  } catch (cause) {
    rmSync(next, { force: true });
    throw new AppError('models_file_not_editable', 'The models file could not be replaced.', { cause });
  }
}

export type EditorEnv = Pick<Env, 'modelsFile' | 'editsModels' | 'isLocal'>;

interface EditorDeps {
  readonly env: EditorEnv;
  /** The models file, or the built-in one. */
  readonly path: string;
  /** What a text would change. Throws `ModelsFileError`. */
  preview(text: string): Promise<ReloadReport>;
  reload(): Promise<ReloadReport>;
}

/** The text of the models file, for who may change it. */
export class ModelsFileEditor implements ModelsEditor {
  readonly #deps: EditorDeps;

  constructor(deps: EditorDeps) {
    this.#deps = deps;
  }

  read(): ModelsFileText {
    const text = this.#read();
    const reason = this.#reason();
    return {
      name: basename(this.#deps.path),
      text,
      version: versionOf(text),
      editable: reason === null,
      why_not: reason,
    };
  }

  async check(text: string): Promise<CheckedModelsFile> {
    this.#ensureEditable();
    try {
      return { faults: [], report: await this.#deps.preview(text) };
    } catch (error) {
      if (error instanceof ModelsFileError && error.faults.length > 0)
        return { faults: [...error.faults], report: null };
      const message = withoutSecrets(error instanceof Error ? error.message : String(error));
      return { faults: [{ line: null, field: null, message }], report: null };
    }
  }

  async write(text: string, version: string): Promise<WrittenModelsFile> {
    const { faults } = await this.check(text);
    const [fault] = faults;
    if (fault) {
      const place = fault.line === null ? '' : `Line ${fault.line}: `;
      const field = fault.field === null ? '' : `${fault.field}: `;
      throw new AppError('models_file_rejected', `${place}${field}${fault.message}`, { param: 'text' });
    }
    if (versionOf(this.#read()) !== version) {
      throw new AppError('models_file_changed', undefined, { param: 'version' });
    }
    // A link goes on leading to the file.
    replaceFile(realpathSync(this.#deps.path), text);
    return { version: versionOf(text), report: await this.#deps.reload() };
  }

  #read(): string {
    try {
      return readFileSync(this.#deps.path, 'utf8');
    } catch (cause) {
      throw new AppError('models_file_rejected', `${basename(this.#deps.path)} cannot be read.`, { cause });
    }
  }

  #reason(): ModelsFileText['why_not'] {
    const { modelsFile, editsModels, isLocal } = this.#deps.env;
    if (modelsFile === null) return 'built_in';
    if (editsModels === 'off') return 'switched_off';
    if (editsModels === 'auto' && !isLocal) return 'remote';
    return mayReplace(realpathSync(this.#deps.path)) ? null : 'read_only';
  }

  #ensureEditable(): void {
    const reason = this.#reason();
    if (reason !== null) throw new AppError('models_file_not_editable');
  }
}
