import { basename } from 'node:path';
import type { Readiness } from '../../contracts/system/health.ts';
import type { ReloadReport } from '../../contracts/system/reload.ts';
import type { Env } from '../env.ts';
import { AppError } from '../errors/app-error.ts';
import type { Catalog } from '../features/models/catalog.ts';
import { LiveCatalog } from '../features/models/live-catalog.ts';
import type { ModelsSource } from '../features/system/reload-models.ts';
import { withoutSecrets } from '../providers/http/secrets.ts';
import type { Provider } from '../providers/provider.ts';
import { compareFiles, type Described } from './compare-files.ts';
import { type ModelsFile, readModelsText } from './models-file.ts';
import { type EditorEnv, ModelsFileEditor } from './models-file-editor.ts';
import { parseBeside } from './parse-beside.ts';
import type { ProviderSet } from './provider-set.ts';
import { keyFilesOf, readSettings, type SettingsContext } from './provider-settings.ts';
import { SharedRuns } from './shared-runs.ts';
import { FileWatch } from './watch-files.ts';

/** Is told each time the models file was read again. */
export interface ReloadListener {
  /** The new file is in effect. `replaced` holds the ids of providers that were removed or opened again. */
  accepted(report: ReloadReport, replaced: readonly string[]): void;
  rejected(reason: string): void;
}

interface ConfigurationDeps {
  readonly env: Pick<Env, 'watchModels'> & EditorEnv;
  /** The models file, or the built-in one. */
  readonly path: string;
  readonly settings: SettingsContext;
  readonly providers: ProviderSet;
  /** The models file as it was at the start. */
  readonly described: Described;
  readonly catalog: Catalog;
  /** Providers that do not come from the models file. They stay open as long as the gateway runs. */
  readonly own: readonly Provider[];
  compose(file: ModelsFile, providers: ReadonlyMap<string, Provider>): Catalog;
}

/** Holds the newest models file that was accepted, and can replace it with the next one. */
export class Configuration implements ModelsSource {
  readonly catalog: LiveCatalog;
  readonly editor: ModelsFileEditor;
  readonly #deps: ConfigurationDeps;
  readonly #watch = new FileWatch(() => void this.reload().catch(() => {}));
  #described: Described;
  #listener: ReloadListener | null = null;
  #problem: string | null = null;
  #loadedAt = new Date();
  readonly #reloads = new SharedRuns(() => this.#reloadNow());

  constructor(deps: ConfigurationDeps) {
    this.#deps = deps;
    this.#described = deps.described;
    this.catalog = new LiveCatalog(deps.catalog);
    this.editor = new ModelsFileEditor({
      env: deps.env,
      path: deps.path,
      preview: (text) => this.#preview(text),
      reload: () => this.reload(),
    });
  }

  /** The providers that requests can reach now. */
  get providers(): readonly Provider[] {
    return [...this.#deps.providers.providers, ...this.#deps.own];
  }

  get status(): Readiness['models_file'] {
    const loaded_at = this.#loadedAt.toISOString();
    return this.#problem === null
      ? { status: 'loaded', loaded_at }
      : { status: 'rejected', loaded_at, detail: this.#problem };
  }

  /** Reports every reload to the listener. If the settings allow it, it also reloads when a file changes. */
  start(listener: ReloadListener): void {
    this.#listener = listener;
    this.#watchFiles(this.#described.file);
  }

  /** The promise fails with `models_file_rejected` when the file has a fault. Requests that come at once share a reload. */
  reload(): Promise<ReloadReport> {
    return this.#reloads.run();
  }

  async #reloadNow(): Promise<ReloadReport> {
    try {
      const { path } = this.#deps;
      return this.#apply(await parseBeside({ text: readModelsText(path), name: path }));
    } catch (error) {
      const reason = this.#toReason(error);
      // The same fault is reported once, however often the file is read.
      if (reason !== this.#problem) this.#listener?.rejected(reason);
      this.#problem = reason;
      throw new AppError('models_file_rejected', reason, { cause: error });
    }
  }

  /** What a text would change, if it were the models file. Throws `ModelsFileError`. */
  async #preview(text: string): Promise<ReloadReport> {
    const { path, settings, providers, compose } = this.#deps;
    const file = await parseBeside({ text, name: basename(path) });
    const next = { file, settings: readSettings(file, settings) };
    const prepared = providers.prepare(next.settings);
    try {
      compose(file, prepared.providers);
    } finally {
      prepared.discard();
    }
    return compareFiles(this.#described, next);
  }

  async close(): Promise<void> {
    this.#watch.close();
    await this.#reloads.settle();
    await Promise.all([this.#deps.providers.close(), ...this.#deps.own.map((provider) => provider.close())]);
  }

  /** Nothing is awaited here, so no request sees half of a change. */
  #apply(file: ModelsFile): ReloadReport {
    this.#watchFiles(file);
    const next = { file, settings: readSettings(file, this.#deps.settings) };
    const report = compareFiles(this.#described, next);
    if (report.changed) this.#replace(next, report);
    else if (this.#problem !== null) this.#listener?.accepted(report, []);
    this.#problem = null;
    return report;
  }

  #replace(next: Described, report: ReloadReport): void {
    const { providers, compose } = this.#deps;
    const prepared = providers.prepare(next.settings);
    try {
      this.catalog.replace(compose(next.file, prepared.providers));
    } catch (error) {
      prepared.discard();
      throw error;
    }
    const replaced = prepared.commit();
    this.#described = next;
    this.#loadedAt = new Date();
    this.#listener?.accepted(report, replaced);
  }

  /** Watches the files also when a key file is at fault, because it may be corrected. */
  #watchFiles(file: ModelsFile): void {
    if (this.#listener && this.#deps.env.watchModels) this.#watch.watch([this.#deps.path, ...keyFilesOf(file)]);
  }

  /** The reason in one line, without secrets and without the folder, which clients need not know. */
  #toReason(error: unknown): string {
    const message = error instanceof Error ? error.message : String(error);
    const { path } = this.#deps;
    return withoutSecrets(message.replaceAll(path, basename(path)).replaceAll('\n', '; '));
  }
}
