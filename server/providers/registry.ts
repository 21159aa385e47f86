import { basename } from 'node:path';
import { createEmbeddedProvider } from './embedded/embedded.ts';
import { OpenAiCompatibleProvider, type OpenAiCompatibleSettings } from './openai-compatible/openai-compatible.ts';
import type { Provider } from './provider.ts';

/** What the models file says about a provider, with its key already looked up. */
export type ProviderSettings =
  | ({ readonly kind: 'openai-compatible' } & OpenAiCompatibleSettings)
  | {
      readonly kind: 'embedded';
      readonly modelPath: string;
      readonly threads: number | undefined;
      readonly variant: 'default' | 'cuda' | 'vulkan';
    };

type Kinds = {
  [K in ProviderSettings['kind']]: (id: string, settings: Extract<ProviderSettings, { kind: K }>) => Provider;
};

/** Every dialect; to add one, write its file and its line here. */
const kinds: Kinds = {
  'openai-compatible': (id, settings) => new OpenAiCompatibleProvider(id, settings),
  embedded: (id, { modelPath, threads, variant }) =>
    createEmbeddedProvider({ id, modelPath, variant, name: weightsName(modelPath), ...(threads ? { threads } : {}) }),
};

/** The name of a weights file as a model: `tinychat-q8_0.gguf` → `tinychat`. */
export const weightsName = (path: string): string =>
  basename(path)
    .replace(/\.gguf$/i, '')
    .replace(/[-.]q\d+(_[a-z0-9]+)*$/i, '');

export function createProvider(id: string, settings: ProviderSettings): Provider {
  return settings.kind === 'embedded' ? kinds.embedded(id, settings) : kinds[settings.kind](id, settings);
}
