import { basename } from 'node:path';
import { createEmbeddedProvider } from './embedded/embedded.ts';
import type { UpstreamSettings } from './http/upstream-client.ts';
import { OpenAiCompatibleProvider } from './openai-compatible/openai-compatible.ts';
import { createOpenAiResponses } from './openai-responses/openai-responses.ts';
import type { ReasoningSummary } from './openai-responses/to-request.ts';
import type { Provider } from './provider.ts';
import { TranslatingProvider } from './translating-provider.ts';

/** What the models file says about a provider, with its key already looked up. */
export type ProviderSettings =
  | ({ readonly kind: 'openai-compatible' } & UpstreamSettings)
  | ({ readonly kind: 'openai-responses'; readonly reasoningSummary: ReasoningSummary | undefined } & UpstreamSettings)
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
  'openai-responses': (id, settings) =>
    new TranslatingProvider(id, createOpenAiResponses(settings.reasoningSummary), settings),
  embedded: (id, { modelPath, threads, variant }) =>
    createEmbeddedProvider({ id, modelPath, variant, name: weightsName(modelPath), ...(threads ? { threads } : {}) }),
};

/** The name of a weights file as a model: `tinychat-q8_0.gguf` → `tinychat`. */
export const weightsName = (path: string): string =>
  basename(path)
    .replace(/\.gguf$/i, '')
    .replace(/[-.]q\d+(_[a-z0-9]+)*$/i, '');

export function createProvider(id: string, settings: ProviderSettings): Provider {
  switch (settings.kind) {
    case 'embedded':
      return kinds.embedded(id, settings);
    case 'openai-responses':
      return kinds['openai-responses'](id, settings);
    default:
      return kinds[settings.kind](id, settings);
  }
}
