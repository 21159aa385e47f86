import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Env, EnvError } from '../env.ts';
import type { Catalog } from '../features/models/catalog.ts';
import { policyOf, presets, quirksOf } from '../providers/presets.ts';
import type { Provider } from '../providers/provider.ts';
import { createProvider, type ProviderSettings, weightsName } from '../providers/registry.ts';
import { composeCatalog, type EmbeddedModel } from './compose-catalog.ts';
import { detectLocalServers } from './detect-local.ts';
import { type ModelsFile, readModelsFile, toMs } from './models-file.ts';
import type { ProviderEntry } from './provider-entry.ts';

export interface OpenedProviders {
  readonly catalog: Catalog;
  readonly providers: readonly Provider[];
}

/** Where the gateway's own files lie, beside its code. */
export interface PackageFiles {
  /** The seeds' models, for when there is no models file. */
  readonly builtInModels: string;
  /** The small embedded model. */
  readonly weights: string;
}

/** Null when the provider cannot work: a cloud without its key, or, in the built-in file, a server nobody configured. */
function settingsOf(entry: ProviderEntry, env: Env, files: PackageFiles, builtIn: boolean): ProviderSettings | null {
  if (entry.kind === 'embedded') {
    const modelPath = entry.model_path ? resolve(entry.model_path) : (env.embedded.modelPath ?? files.weights);
    const { threads, slots, variant } = env.embedded;
    return { kind: 'embedded', modelPath, threads, slots, variant };
  }
  const { base_url: baseUrl, api_key_env: keyName, headers } = entry;
  const apiKey = keyName ? env.secret(keyName) : undefined;
  const needsKey = builtIn || (keyName !== undefined && baseUrl.startsWith('https:'));
  if (needsKey && !apiKey) return null;
  const upstream = {
    baseUrl,
    apiKey,
    headers,
    firstByteMs: toMs(entry.first_byte_seconds),
    idleMs: toMs(entry.idle_seconds),
    collectStreams: entry.collect_streams,
  };
  if (entry.kind !== 'openai-compatible') return { kind: entry.kind, own: entry, ...upstream };
  return {
    kind: entry.kind,
    ...upstream,
    quirks: quirksOf(entry.preset, entry.system_messages),
    fieldPolicy: policyOf(entry.preset, baseUrl),
  };
}

function openFileProviders(file: ModelsFile, env: Env, files: PackageFiles): Map<string, Provider> {
  const opened = new Map<string, Provider>();
  for (const [id, entry] of Object.entries(file.providers)) {
    const settings = settingsOf(entry, env, files, env.modelsFile === null);
    if (settings) opened.set(id, createProvider(id, settings));
  }
  return opened;
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

/** By its first bytes. Format: the GGUF specification of ggml. */
function isGguf(path: string): boolean {
  const magic = Buffer.alloc(4);
  const file = openWeights(path);
  try {
    readSync(file, magic, 0, magic.length, 0);
  } catch {
    // Of a folder nothing can be read.
  } finally {
    closeSync(file);
  }
  return magic.toString('latin1') === 'GGUF';
}

function openEmbedded(env: Env, files: PackageFiles): EmbeddedModel {
  const modelPath = env.embedded.modelPath ?? files.weights;
  if (!existsSync(modelPath))
    throw new EnvError(`EMBEDDED_MODEL: there is no file ${modelPath}. Set it to a GGUF file.`);
  if (!isGguf(modelPath)) throw new EnvError(`EMBEDDED_MODEL: ${modelPath} is no GGUF file. Set it to one.`);
  const { threads, slots, variant } = env.embedded;
  const provider = createProvider('embedded', { kind: 'embedded', modelPath, threads, slots, variant });
  return { provider, name: weightsName(modelPath) };
}

/** Opens every provider that the configuration and this machine offer, and makes the catalog of their models. */
export async function openProviders(env: Env, files: PackageFiles): Promise<OpenedProviders> {
  const file = readModelsFile(env.modelsFile ?? files.builtInModels);
  const fromFile = openFileProviders(file, env, files);
  const servers = env.detectLocal ? await detectLocalServers(env.port) : [];
  const locals = servers.map((server) => ({
    server,
    provider: createProvider(fromFile.has(server.id) ? `${server.id}-local` : server.id, {
      kind: 'openai-compatible',
      baseUrl: server.baseUrl,
      apiKey: undefined,
      firstByteMs: undefined,
      idleMs: undefined,
      quirks: presets[server.preset].quirks,
      fieldPolicy: presets[server.preset].policy,
    }),
  }));
  const demo = env.modelsFile === null && fromFile.size === 0;
  const embedded = demo || env.embedded.modelPath ? openEmbedded(env, files) : null;
  const catalog = composeCatalog({ file, providers: fromFile, locals, embedded, demo });
  const providers = [...fromFile.values(), ...locals.map(({ provider }) => provider)];
  return { catalog, providers: embedded ? [...providers, embedded.provider] : providers };
}
