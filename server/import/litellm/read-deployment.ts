import { keySourceOf } from '../key-source.ts';
import { faultOfAddress, type ProviderDrafts } from '../provider-drafts.ts';
import type { BackendDraft, PriceDraft } from '../write-models-file.ts';
import type { Deployment } from './config.ts';
import { splitModel, targetOf } from './vendors.ts';

export const VARIABLE_PREFIX = /^os\.environ\//;

/** The price per million tokens, without the digits that binary fractions add. */
const perMillion = (amount: number): number => Number((amount * 1_000_000).toPrecision(12));

/**
 * The price of a deployment. `model_info` and `litellm_params` may both have prices; in LiteLLM, those of
 * `litellm_params` win.
 */
function priceOf({ litellm_params: params, model_info: info }: Deployment): PriceDraft | undefined {
  const price: PriceDraft = {};
  for (const [field, name] of [
    ['input', 'input_cost_per_token'],
    ['cached_input', 'cache_read_input_token_cost'],
    ['cache_write', 'cache_creation_input_token_cost'],
    ['output', 'output_cost_per_token'],
  ] as const) {
    const amount = params[name] ?? info?.[name];
    if (amount !== undefined) price[field] = perMillion(amount);
  }
  return Object.keys(price).length > 0 ? price : undefined;
}

/**
 * Reads one entry of `model_list` as a backend. When it returns a text, the text says why the entry cannot be one, and
 * what to do.
 */
export function readDeployment(deployment: Deployment, drafts: ProviderDrafts): BackendDraft | string {
  const { model_name: alias, litellm_params: params, model_info: info } = deployment;
  const address = params.api_base || params.base_url || undefined;
  if (alias.includes('*') || params.model.includes('*')) {
    return 'a name with `*` has no counterpart. List the models that you use by name';
  }
  const named = splitModel(params.model, params.custom_llm_provider);
  if (!named) return 'the entry does not say whose model it is. Put the provider before its name, such as `openai/`';
  if (address !== undefined && VARIABLE_PREFIX.test(address)) {
    return 'its address comes from a variable. Write the address into api_base, and import it again';
  }
  const fault = faultOfAddress(address);
  if (fault !== null) return fault;
  const outcome = targetOf(named.vendor, address);
  if (outcome.fault !== undefined) return outcome.fault;
  const stated = keySourceOf(params.api_key, VARIABLE_PREFIX);
  const { target, variable } = outcome;
  const key = stated.from === 'nowhere' && variable !== undefined ? ({ from: 'variable', variable } as const) : stated;
  const price = priceOf(deployment);
  return {
    provider: drafts.add(named.vendor, target, key),
    model: named.model,
    ...(info?.mode === 'image_generation' ? { images: 'api' as const } : {}),
    ...(price ? { price } : {}),
  };
}
