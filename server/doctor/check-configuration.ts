import { accessSync, constants } from 'node:fs';
import type { Env } from '../env.ts';
import type { ProviderSettings } from '../providers/registry.ts';
import { counted } from '../setup/counted.ts';
import { type ModelEntry, type ModelsFile, ModelsFileError, readModelsFile } from '../setup/models-file.ts';
import type { PackageFiles } from '../setup/open-providers.ts';
import { readSettings } from '../setup/provider-settings.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/** The models file, and the settings of its providers. */
export interface CheckedConfiguration {
  readonly findings: readonly Finding[];
  readonly file: ModelsFile;
  /** The settings by provider id. Providers without their key are absent. */
  readonly settings: Readonly<Record<string, ProviderSettings>>;
}

const served = ({ backends }: ModelEntry, { models }: ModelsFile, settings: object): boolean =>
  backends.some((backend) =>
    'provider' in backend
      ? Object.hasOwn(settings, backend.provider)
      : models.some(
          ({ alias, backends: own }) =>
            alias === backend.alias && own.some((one) => 'provider' in one && Object.hasOwn(settings, one.provider)),
        ),
  );

function checkKeys(file: ModelsFile, settings: object): Finding[] {
  return Object.entries(file.providers).flatMap(([id, entry]) => {
    if (Object.hasOwn(settings, id) || !('api_key_env' in entry) || !entry.api_key_env) return [];
    const what = `${entry.api_key_env} is not set, so the provider is left out.`;
    return [
      problem(
        `provider ${id}`,
        what,
        `Set ${entry.api_key_env} in the environment or in .env, or take the provider out.`,
      ),
    ];
  });
}

function checkModels(file: ModelsFile, settings: object): Finding[] {
  const lost = file.models.filter((model) => !served(model, file, settings)).map(({ alias }) => alias);
  if (lost.length === 0) return [];
  const shown = lost.slice(0, 5).join(', ');
  const more = lost.length > 5 ? ` and ${lost.length - 5} more` : '';
  return [warning('models', `Nothing serves ${shown}${more}.`, 'Configure one of their backends, or take them out.')];
}

function checkWeights(settings: Readonly<Record<string, ProviderSettings>>): Finding[] {
  return Object.entries(settings).flatMap(([id, one]) => {
    if (one.kind !== 'embedded') return [];
    try {
      accessSync(one.modelPath, constants.R_OK);
      return [ok(`provider ${id}`, `It has ${one.modelPath}.`)];
    } catch {
      return [problem(`provider ${id}`, `${one.modelPath} cannot be read.`, 'Set model_path to a GGUF file.')];
    }
  });
}

/** Checks the models file by the gateway's own rules. `file` is absent when the gateway would not start with it. */
export function checkConfiguration(env: Env, files: PackageFiles): CheckedConfiguration | readonly Finding[] {
  try {
    const file = readModelsFile(env.modelsFile ?? files.builtInModels);
    const settings = readSettings(file, { env, weights: files.weights });
    const isOwn = env.modelsFile !== null;
    const counts = `${counted(file.models.length, 'model')}, ${Object.keys(settings).length} of ${counted(Object.keys(file.providers).length, 'provider')}`;
    const summary =
      isOwn || Object.keys(settings).length > 0
        ? ok('configuration', `${env.modelsFile ?? 'The built-in models file'}: ${counts}.`)
        : warning(
            'configuration',
            'There is no models file and no key of a provider, so the small embedded model answers for all.',
            'Write a models.yaml, or set a key such as OPENROUTER_API_KEY.',
          );
    // In the built-in file, most providers are not meant to be used.
    const own = isOwn ? [...checkKeys(file, settings), ...checkModels(file, settings), ...checkWeights(settings)] : [];
    return { findings: [summary, ...own], file, settings };
  } catch (error) {
    if (!(error instanceof ModelsFileError)) throw error;
    return error.message
      .split('\n')
      .map((what) =>
        problem('configuration', what, 'Correct the file; docs/models.md and docs/providers.md describe it.'),
      );
  }
}
