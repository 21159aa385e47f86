import type { ProviderTarget } from '../provider-drafts.ts';

/** What the prefix of LiteLLM's `model` means here. */
interface VendorRow {
  /** The provider at the vendor's own address. Null: the file must name an address. */
  readonly own: ProviderTarget | null;
  /** The provider at an address that the file names. Default: `own` with that address. */
  readonly elsewhere?: ProviderTarget;
  /** The path that LiteLLM adds to an address by itself, and Duplex does not. */
  readonly path?: string;
  /** The variable from which LiteLLM takes the key when the file has none. Absent when the preset has the same one. */
  readonly variable?: string;
}

const compatible = { kind: 'openai-compatible' } as const;
/** LiteLLM's `openai/` with an address stands for every server that speaks OpenAI's chat completions. */
const openai: VendorRow = { own: { preset: 'openai' }, elsewhere: compatible };
const ollama: VendorRow = { own: { preset: 'ollama' }, path: '/v1' };
const vllm: VendorRow = { own: null, elsewhere: { preset: 'vllm' } };

const at = (base_url: string, variable: string): VendorRow => ({
  own: { ...compatible, base_url },
  elsewhere: compatible,
  variable,
});

/** https://docs.litellm.ai/docs/providers */
const vendors: Readonly<Record<string, VendorRow>> = {
  openai,
  custom_openai: openai,
  'text-completion-openai': openai,
  anthropic: { own: { kind: 'anthropic' }, path: '/v1' },
  gemini: { own: { kind: 'gemini' } },
  hosted_vllm: vllm,
  vllm,
  ollama,
  ollama_chat: ollama,
  lm_studio: { own: null, elsewhere: { preset: 'lmstudio' } },
  llamafile: { own: null, elsewhere: { preset: 'llamacpp' } },
  litellm_proxy: { own: null, elsewhere: { preset: 'litellm' } },
  openrouter: { own: { preset: 'openrouter' } },
  xai: { own: { preset: 'xai' } },
  mistral: { own: { preset: 'mistral' } },
  deepseek: { own: { preset: 'deepseek' } },
  groq: { own: { preset: 'groq' } },
  together_ai: { own: { preset: 'together' } },
  perplexity: at('https://api.perplexity.ai', 'PERPLEXITYAI_API_KEY'),
  fireworks_ai: at('https://api.fireworks.ai/inference/v1', 'FIREWORKS_AI_API_KEY'),
  cerebras: at('https://api.cerebras.ai/v1', 'CEREBRAS_API_KEY'),
  deepinfra: at('https://api.deepinfra.com/v1/openai', 'DEEPINFRA_API_KEY'),
  nvidia_nim: at('https://integrate.api.nvidia.com/v1', 'NVIDIA_NIM_API_KEY'),
};

/** Names whose vendor LiteLLM knows without a prefix. */
const wellKnown: readonly (readonly [RegExp, string])[] = [
  [/^(gpt-|chatgpt-|o\d|text-embedding-|dall-e|whisper|tts-)/, 'openai'],
  [/^claude/, 'anthropic'],
];

interface VendorModel {
  readonly vendor: string;
  readonly model: string;
}

/** Splits LiteLLM's `model` into the vendor and the vendor's name of the model. Null: the vendor is not known. */
export function splitModel(model: string, stated: string | null | undefined): VendorModel | null {
  const [prefix = '', ...rest] = model.split('/');
  if (stated) return { vendor: stated, model: prefix === stated ? rest.join('/') : model };
  if (rest.length > 0) return { vendor: prefix, model: rest.join('/') };
  const vendor = wellKnown.find(([names]) => names.test(model))?.[1];
  return vendor === undefined ? null : { vendor, model };
}

/**
 * The provider for a vendor at an address. It includes the variable of the key where the provider does not know it by
 * itself.
 */
export function targetOf(vendor: string, address: string | undefined): TargetOutcome {
  const row = Object.hasOwn(vendors, vendor) ? vendors[vendor] : undefined;
  if (!row) {
    return {
      fault: `Duplex has no provider "${vendor}". If it offers an API like OpenAI's, connect it by hand as openai-compatible`,
    };
  }
  if (address === undefined) {
    if (row.own === null) return { fault: `"${vendor}" needs an address. Add api_base, and import it again` };
    return { target: row.own, ...(row.variable === undefined ? {} : { variable: row.variable }) };
  }
  const base_url = withPath(address, row.path);
  return { target: { ...(row.elsewhere ?? row.own), base_url } };
}

type TargetOutcome =
  | { readonly target: ProviderTarget; readonly variable?: string; readonly fault?: never }
  | { readonly fault: string };

function withPath(address: string, path: string | undefined): string {
  const trimmed = address.replace(/\/+$/, '');
  return path === undefined || trimmed.endsWith(path) ? trimmed : trimmed + path;
}
