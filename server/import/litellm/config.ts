import { z } from 'zod';
import { ImportError } from '../import-error.ts';

/** A number. YAML reads `1e-6` as a number or as text, depending on its version. Any other value counts as absent. */
const amount = z.preprocess(
  (value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value),
  z.number().nonnegative().optional().catch(undefined),
);
const text = z.string().nullish();
const flag = z.boolean().optional().catch(undefined);

const prices = {
  input_cost_per_token: amount,
  output_cost_per_token: amount,
  cache_read_input_token_cost: amount,
  cache_creation_input_token_cost: amount,
};

const Params = z.looseObject({
  model: z.string().min(1),
  api_base: text,
  base_url: text,
  api_key: text,
  custom_llm_provider: text,
  drop_params: flag,
  weight: amount,
  rpm: amount,
  tpm: amount,
  order: amount,
  ...prices,
});

const ModelInfo = z.looseObject({
  mode: text,
  max_input_tokens: amount,
  supports_vision: flag,
  supports_audio_input: flag,
  supports_function_calling: flag,
  supports_reasoning: flag,
  ...prices,
});

const Deployment = z.looseObject({
  model_name: z.string().min(1),
  litellm_params: Params,
  model_info: ModelInfo.nullish(),
});
export type Deployment = z.infer<typeof Deployment>;

/**
 * The fallbacks. One of them can also be a request of its own (`{ model, messages }`), which has no counterpart here.
 */
const Fallbacks = z.array(z.record(z.string(), z.array(z.unknown()))).nullish();

const Settings = z.looseObject({ fallbacks: Fallbacks, default_fallbacks: z.array(z.string()).nullish() });

/** https://docs.litellm.ai/docs/proxy/config_settings */
const Config = z.looseObject({
  model_list: z.array(Deployment).min(1),
  router_settings: Settings.extend({
    routing_strategy: text,
    model_group_alias: z
      .record(z.string(), z.union([z.string(), z.looseObject({ model: z.string(), hidden: flag })]))
      .nullish(),
  }).nullish(),
  litellm_settings: Settings.extend({ drop_params: flag }).nullish(),
  general_settings: z.looseObject({}).nullish(),
  environment_variables: z.looseObject({}).nullish(),
});
export type Config = z.infer<typeof Config>;

/** Reads the configuration. Throws `ImportError` for what LiteLLM's proxy would refuse as well. */
export function readConfig(value: unknown, name: string): Config {
  if (typeof value !== 'object' || value === null || !('model_list' in value)) {
    throw new ImportError(
      `${name} has no model_list. Name the file that LiteLLM's proxy is started with (\`litellm --config\`).`,
    );
  }
  const parsed = Config.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ImportError(
    `${name}: ${issue?.path.map(String).join('.')}: ${issue?.message}. Correct it as https://docs.litellm.ai/docs/proxy/configs describes it.`,
  );
}
