import { basename } from 'node:path';
import { anthropic } from './anthropic/anthropic.ts';
import { createEmbeddedProvider } from './embedded/embedded.ts';
import { gemini } from './gemini/gemini.ts';
import { OpenAiCompatibleProvider, type OpenAiCompatibleSettings } from './openai-compatible/openai-compatible.ts';
import { createOpenAiResponses } from './openai-responses/openai-responses.ts';
import type { ReasoningSummary } from './openai-responses/to-request.ts';
import type { Provider } from './provider.ts';
import { TranslatingProvider } from './translating-provider.ts';

/** Dialects that are spoken over HTTP. */
type UpstreamKind = 'openai-compatible' | 'openai-responses' | 'anthropic' | 'gemini';

/** What the models file says about an upstream, with its key already looked up. */
interface HttpProviderSettings extends OpenAiCompatibleSettings {
  /** How much of the reasoning is asked for, where the dialect has a word for it. */
  readonly reasoningSummary?: ReasoningSummary | undefined;
}

/** What the models file says about a provider. */
export type ProviderSettings =
  | ({ readonly kind: UpstreamKind } & HttpProviderSettings)
  | {
      readonly kind: 'embedded';
      readonly modelPath: string;
      readonly threads: number | undefined;
      readonly slots: number | undefined;
      readonly variant: 'default' | 'cuda' | 'vulkan';
    };

/** Every dialect; to add one, write its file and its line here. */
const upstreams: Record<UpstreamKind, (id: string, settings: HttpProviderSettings) => Provider> = {
  'openai-compatible': (id, settings) => new OpenAiCompatibleProvider(id, settings),
  'openai-responses': (id, settings) =>
    new TranslatingProvider(id, createOpenAiResponses(settings.reasoningSummary), settings),
  anthropic: (id, settings) => new TranslatingProvider(id, anthropic, settings),
  gemini: (id, settings) => new TranslatingProvider(id, gemini, settings),
};

/** The name of a weights file as a model: `tinychat-q8_0.gguf` → `tinychat`. */
export const weightsName = (path: string): string =>
  basename(path)
    .replace(/\.gguf$/i, '')
    .replace(/[-.]q\d+(_[a-z0-9]+)*$/i, '');

export function createProvider(id: string, settings: ProviderSettings): Provider {
  if (settings.kind !== 'embedded') return upstreams[settings.kind](id, settings);
  const { modelPath, threads, slots, variant } = settings;
  return createEmbeddedProvider({
    id,
    modelPath,
    variant,
    name: weightsName(modelPath),
    ...(threads ? { threads } : {}),
    ...(slots ? { slots } : {}),
  });
}
