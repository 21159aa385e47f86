import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Env } from '../env.ts';
import { policyOf, quirksOf } from '../providers/presets.ts';
import type { ProviderSettings } from '../providers/registry.ts';
import { type ModelsFile, ModelsFileError, toMs } from './models-file.ts';
import type { ProviderEntry } from './provider-entry.ts';

type Reached = Exclude<ProviderEntry, { kind: 'embedded' }>;

/** The characters that a key may have in a header. */
const KEY = /^[\x21-\x7e]+$/;

function readKeyFile(id: string, file: string): string {
  const name = `providers.${id}.api_key_file`;
  let text: string;
  try {
    text = readFileSync(resolve(file), 'utf8').trim();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split(',')[0] : String(cause);
    throw new ModelsFileError(`${name}: ${file} cannot be read: ${reason}.`, { cause });
  }
  if (KEY.test(text)) return text;
  throw new ModelsFileError(`${name}: ${file} must hold one key, without spaces, and nothing else.`);
}

function keyOf(id: string, { api_key_env: variable, api_key_file: file }: Reached, env: Env): string | undefined {
  if (file !== undefined) return readKeyFile(id, file);
  return variable ? env.secret(variable) : undefined;
}

/**
 * The settings of a provider. Null when it cannot work: a cloud without its key, or, in the built-in file, a server
 * that nobody configured.
 */
function settingsOf(id: string, entry: ProviderEntry, { env, weights }: SettingsContext): ProviderSettings | null {
  if (entry.kind === 'embedded') {
    const modelPath = entry.model_path ? resolve(entry.model_path) : (env.embedded.modelPath ?? weights);
    const { threads, slots, variant } = env.embedded;
    return { kind: 'embedded', modelPath, threads, slots, variant };
  }
  const { base_url: baseUrl, api_key_env: keyName, headers } = entry;
  const apiKey = keyOf(id, entry, env);
  const needsKey = env.modelsFile === null || (keyName !== undefined && baseUrl.startsWith('https:'));
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

export interface SettingsContext {
  readonly env: Env;
  /** The small embedded model. */
  readonly weights: string;
}

/** The settings of each provider of the file. Providers that cannot work are absent. Throws `ModelsFileError`. */
export function readSettings({ providers }: ModelsFile, context: SettingsContext): Record<string, ProviderSettings> {
  return Object.fromEntries(
    Object.entries(providers).flatMap(([id, entry]) => {
      const settings = settingsOf(id, entry, context);
      return settings ? [[id, settings] as const] : [];
    }),
  );
}

/** The key files that a models file names. */
export const keyFilesOf = ({ providers }: ModelsFile): string[] =>
  Object.values(providers).flatMap((entry) =>
    'api_key_file' in entry && entry.api_key_file !== undefined ? [resolve(entry.api_key_file)] : [],
  );
