import { basename } from 'node:path';
import { anthropic, anthropicVendor } from './anthropic/anthropic.ts';
import { createEmbeddedProvider, type EmbeddedOptions } from './embedded/embedded.ts';
import { gemini, geminiVendor } from './gemini/gemini.ts';
import type { UpstreamSettings } from './http/upstream-client.ts';
import { ImagesApiProvider } from './images-api/images-api.ts';
import { OpenAiCompatibleProvider, type OpenAiCompatibleSettings } from './openai-compatible/openai-compatible.ts';
import { createResponsesProvider, responsesFields, responsesVendor } from './openai-responses/openai-responses.ts';
import type { Provider } from './provider.ts';
import { type ProviderKind, speaking } from './provider-kind.ts';

/** The kinds of which each has one vendor. To add one, write its folder and its row here. */
export const vendorKinds = [
  { kind: 'anthropic', vendor: anthropicVendor, create: speaking(anthropic) },
  { kind: 'gemini', vendor: geminiVendor, create: speaking(gemini) },
  { kind: 'openai-responses', vendor: responsesVendor, fields: responsesFields, create: createResponsesProvider },
] as const satisfies readonly ProviderKind[];

type VendorKind = (typeof vendorKinds)[number]['kind'];

/** What the models file says about a provider, with its key already looked up. */
export type ProviderSettings =
  | ({ readonly kind: 'openai-compatible' } & OpenAiCompatibleSettings)
  | ({ readonly kind: VendorKind; readonly own: object } & UpstreamSettings)
  | {
      readonly kind: 'embedded';
      readonly modelPath: string;
      readonly threads: number | undefined;
      readonly slots: number | undefined;
      readonly variant: EmbeddedOptions['variant'];
    };

/** The model name of a weights file: `tinychat-q8_0.gguf` → `tinychat`. */
export const weightsName = (path: string): string =>
  basename(path)
    .replace(/\.gguf$/i, '')
    .replace(/[-.]q\d+(_[a-z0-9]+)*$/i, '');

function createVendorProvider(id: string, settings: { readonly kind: VendorKind; own: object } & UpstreamSettings) {
  const row: ProviderKind | undefined = vendorKinds.find(({ kind }) => kind === settings.kind);
  if (!row) throw new Error(`There is no kind "${settings.kind}".`);
  return row.create(id, { ...settings, fieldPolicy: row.vendor.policy }, settings.own);
}

export function createProvider(id: string, settings: ProviderSettings): Provider {
  if (settings.kind === 'openai-compatible') return new OpenAiCompatibleProvider(id, settings);
  if (settings.kind !== 'embedded') return createVendorProvider(id, settings);
  const { modelPath, threads, slots, variant } = settings;
  return createEmbeddedProvider({
    id,
    modelPath,
    name: weightsName(modelPath),
    ...(variant ? { variant } : {}),
    ...(threads ? { threads } : {}),
    ...(slots ? { slots } : {}),
  });
}

const imageProviders = new WeakMap<Provider, Provider>();

/**
 * The same upstream, called at OpenAI's own addresses for images. There is one for each provider, so that state that is
 * kept by provider (health, load) finds the same object.
 */
export function overImagesApi(provider: Provider): Provider {
  const known = imageProviders.get(provider) ?? new ImagesApiProvider(provider);
  imageProviders.set(provider, known);
  return known;
}
