import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { type Env, EnvError } from '../env.ts';
import type { CurrentCatalog } from '../features/models/live-catalog.ts';
import { presets } from '../providers/presets.ts';
import type { Provider } from '../providers/provider.ts';
import { createProvider, weightsName } from '../providers/registry.ts';
import { composeCatalog, type EmbeddedModel } from './compose-catalog.ts';
import { Configuration } from './configuration.ts';
import { detectLocalServers } from './detect-local.ts';
import { type ModelsFile, readModelsFile } from './models-file.ts';
import { ProviderSet } from './provider-set.ts';
import { readSettings } from './provider-settings.ts';

export interface OpenedProviders {
  readonly catalog: CurrentCatalog;
  readonly configuration: Configuration;
}

/** The paths of the gateway's own files. */
export interface PackageFiles {
  /** The built-in models file, for when the operator has none. */
  readonly builtInModels: string;
  /** The weights of the small embedded model. */
  readonly weights: string;
}

function openWeights(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw new EnvError(`EMBEDDED_MODEL: ${path} cannot be read. Give the user that runs the gateway the right to it.`, {
      cause,
    });
  }
}

/** Whether a file is GGUF, by its first bytes. Format: the GGUF specification of ggml. */
function isGguf(path: string): boolean {
  const magic = Buffer.alloc(4);
  const file = openWeights(path);
  try {
    readSync(file, magic, 0, magic.length, 0);
  } catch {
    // The path is a folder, from which nothing can be read.
  } finally {
    closeSync(file);
  }
  return magic.toString('latin1') === 'GGUF';
}

function openEmbedded(env: Env, files: PackageFiles): EmbeddedModel {
  const modelPath = env.embedded.modelPath ?? files.weights;
  if (!existsSync(modelPath))
    throw new EnvError(`EMBEDDED_MODEL: there is no file ${modelPath}. Set it to a GGUF file.`);
  if (!isGguf(modelPath)) throw new EnvError(`EMBEDDED_MODEL: ${modelPath} is not a GGUF file. Set it to one.`);
  const { threads, slots, variant } = env.embedded;
  const provider = createProvider('embedded', { kind: 'embedded', modelPath, threads, slots, variant });
  return { provider, name: weightsName(modelPath) };
}

/** Opens every provider that the configuration and this machine offer, and composes the catalog of their models. */
export async function openProviders(env: Env, files: PackageFiles): Promise<OpenedProviders> {
  const path = env.modelsFile ?? files.builtInModels;
  const context = { env, weights: files.weights };
  const file = readModelsFile(path);
  const settings = readSettings(file, context);
  const set = new ProviderSet();
  const prepared = set.prepare(settings);
  const servers = env.detectLocal ? await detectLocalServers(env.port) : [];
  const locals = servers.map((server) => ({
    server,
    provider: createProvider(prepared.providers.has(server.id) ? `${server.id}-local` : server.id, {
      kind: 'openai-compatible',
      baseUrl: server.baseUrl,
      apiKey: undefined,
      firstByteMs: undefined,
      idleMs: undefined,
      quirks: presets[server.preset].quirks,
      fieldPolicy: presets[server.preset].policy,
    }),
  }));
  const demo = env.modelsFile === null && prepared.providers.size === 0;
  const embedded = demo || env.embedded.modelPath ? openEmbedded(env, files) : null;
  const compose = (from: ModelsFile, providers: ReadonlyMap<string, Provider>) =>
    composeCatalog({ file: from, providers, locals, embedded, demo });
  const catalog = compose(file, prepared.providers);
  prepared.commit();
  const own = [...locals.map(({ provider }) => provider), ...(embedded ? [embedded.provider] : [])];
  const deps = { env, path, settings: context, providers: set, described: { file, settings }, catalog, own, compose };
  const configuration = new Configuration(deps);
  return { catalog: configuration.catalog, configuration };
}
