import { isDeepStrictEqual } from 'node:util';
import type { ReloadReport } from '../../contracts/system/reload.ts';
import type { ProviderSettings } from '../providers/registry.ts';
import type { ModelsFile } from './models-file.ts';

type Entries = Readonly<Record<string, unknown>>;

function compareEntries(before: Entries, after: Entries): ReloadReport['models'] {
  const isIn = (entries: Entries) => (name: string) => Object.hasOwn(entries, name);
  const names = Object.keys(after);
  return {
    added: names.filter((name) => !isIn(before)(name)),
    removed: Object.keys(before).filter((name) => !isIn(after)(name)),
    changed: names.filter((name) => isIn(before)(name) && !isDeepStrictEqual(before[name], after[name])),
  };
}

/** A models file, with the settings of its providers. */
export interface Described {
  readonly file: ModelsFile;
  /** The settings by provider id, with the keys. */
  readonly settings: Readonly<Record<string, ProviderSettings>>;
}

const byAlias = ({ models }: ModelsFile): Entries => Object.fromEntries(models.map((model) => [model.alias, model]));

const isEmpty = ({ added, removed, changed }: ReloadReport['models']): boolean =>
  added.length + removed.length + changed.length === 0;

/** Compares two models files by value: an entry that is only written differently counts as unchanged. */
export function compareFiles(before: Described, after: Described): ReloadReport {
  const models = compareEntries(byAlias(before.file), byAlias(after.file));
  const providers = compareEntries(before.settings, after.settings);
  const described = compareEntries(before.file.providers, after.file.providers);
  const groups = !isDeepStrictEqual(before.file.groups, after.file.groups);
  const model_map = !isDeepStrictEqual(before.file.model_map, after.file.model_map);
  const summaries = !isDeepStrictEqual(before.file.summaries, after.file.summaries);
  const titles = !isDeepStrictEqual(before.file.titles, after.file.titles);
  const changed = groups || model_map || summaries || titles || ![models, providers, described].every(isEmpty);
  return { changed, models, providers, groups, model_map, summaries, titles };
}
