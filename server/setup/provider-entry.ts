import { z } from 'zod';
import { presetNames, presets } from '../providers/presets.ts';
import type { ProviderKind, Vendor } from '../providers/provider-kind.ts';
import { vendorKinds } from '../providers/registry.ts';

const address = {
  /** The address without the path of an operation. Default: the vendor's own. */
  base_url: z.url({ protocol: /^https?$/ }).optional(),
  /** The environment variable that holds the key. Default: the vendor's, if the address is the vendor's own. */
  api_key_env: z.string().optional(),
  /** A file that holds only the key. It is read again when it changes. */
  api_key_file: z.string().min(1).optional(),
  /** Headers of every request, such as OpenRouter's `X-Title` or Anthropic's `anthropic-beta`. */
  headers: z.record(z.string().regex(/^[\w-]+$/), z.string().regex(/^[\x20-\x7e]*$/)).optional(),
  /** The time limit until the first byte of an answer. */
  first_byte_seconds: z.number().positive().optional(),
  /** The time limit between two pieces of an answer. */
  idle_seconds: z.number().positive().optional(),
  /**
   * Whether the provider bills a request that is aborted before its answer comes. Default: true at `https:` addresses
   * and for clouds.
   */
  bills_aborted: z.boolean().optional(),
  /**
   * Whether JSON answers are requested as streams and collected. Default: for the preset `llamacpp`, and for models
   * with a `first_token_seconds`.
   */
  collect_streams: z.boolean().optional(),
};

interface Address {
  readonly base_url?: string | undefined;
  readonly api_key_env?: string | undefined;
  readonly api_key_file?: string | undefined;
}

type VendorAddress = Pick<Vendor, 'baseUrl' | 'apiKeyEnv'>;

/**
 * Completes an entry with the vendor's address and key. What the entry itself says overrides them. A vendor's key is
 * only sent to the vendor's own address; for another address the entry must name a key.
 */
function complete<Entry extends Address>(entry: Entry, vendor: VendorAddress | undefined, ctx: z.core.$RefinementCtx) {
  const base_url = entry.base_url ?? vendor?.baseUrl;
  const keyKnown = base_url === vendor?.baseUrl || vendor?.baseUrl.startsWith('http:');
  if (entry.api_key_env !== undefined && entry.api_key_file !== undefined) {
    const message = 'give api_key_env or api_key_file, not both';
    ctx.issues.push({ code: 'custom', path: ['api_key_file'], message, input: entry });
    return z.NEVER;
  }
  const isNamed = entry.api_key_env !== undefined || entry.api_key_file !== undefined;
  const api_key_env = isNamed || !keyKnown ? entry.api_key_env : vendor?.apiKeyEnv;
  if (base_url !== undefined) return { ...entry, base_url, api_key_env };
  ctx.issues.push({ code: 'custom', path: ['base_url'], message: 'give a base_url, or a preset', input: entry });
  return z.NEVER;
}

const Address = z.object(address);

/** The schema of the entries of one kind of the registry. */
function vendorEntry({ kind, vendor, fields }: (typeof vendorKinds)[number] & ProviderKind) {
  return z
    .strictObject({ ...fields, ...address, kind: z.literal(kind) })
    .transform((entry, ctx) => complete({ ...entry, ...Address.parse(entry), kind }, vendor, ctx));
}

const KnownEntry = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('openai-compatible'),
      preset: z.enum(presetNames).optional(),
      /** Whether vLLM caches the prompts of each key separately. */
      cache_salt: z.boolean().optional(),
      /**
       * `first`: the models take one system message, at the start. Default: what the preset says, and `first` without a
       * preset.
       */
      system_messages: z.enum(['first', 'anywhere']).optional(),
      ...address,
    })
    .transform((entry, ctx) => complete(entry, entry.preset && presets[entry.preset], ctx)),
  ...vendorKinds.map(vendorEntry),
  z.strictObject({ kind: z.literal('embedded'), model_path: z.string().optional() }),
]);

/** An entry of `providers` in the models file. The kind of an entry with a preset is known. */
export const ProviderEntry = z.preprocess((entry: unknown) => {
  const named = typeof entry === 'object' && entry !== null && 'preset' in entry && !('kind' in entry);
  return named ? { kind: 'openai-compatible', ...entry } : entry;
}, KnownEntry);
export type ProviderEntry = z.infer<typeof ProviderEntry>;
