import type { Config, Deployment } from './config.ts';

const CARRIED: Readonly<Record<string, readonly string[]>> = {
  model_list: ['model_name', 'litellm_params', 'model_info'],
  router_settings: ['fallbacks', 'default_fallbacks', 'model_group_alias', 'routing_strategy'],
  litellm_settings: ['fallbacks', 'default_fallbacks', 'drop_params'],
  general_settings: [],
};

const READ_PARAMS = new Set(
  'model api_base base_url api_key custom_llm_provider drop_params weight order input_cost_per_token output_cost_per_token cache_read_input_token_cost cache_creation_input_token_cost'.split(
    ' ',
  ),
);
const READ_INFO = new Set(
  'id mode base_model max_input_tokens supports_vision supports_audio_input supports_function_calling supports_reasoning input_cost_per_token output_cost_per_token cache_read_input_token_cost cache_creation_input_token_cost'.split(
    ' ',
  ),
);

const advice: Readonly<Record<string, string>> = {
  master_key: 'Set API_BEARER to this key, so that your clients need not change.',
  database_url: 'Keys and spending in this database are not read. Create keys with `duplex keys create`.',
  num_retries: 'UPSTREAM_RETRIES says how often a chain is tried again.',
  allowed_fails: 'CIRCUIT_FAILURES says how many failures open a circuit.',
  cooldown_time: 'CIRCUIT_COOLDOWN_SECONDS says how long a circuit stays open.',
  max_budget: 'Give each key a budget with `duplex keys create --monthly-budget`.',
  context_window_fallbacks: 'A request that does not fit is refused; no other model gets it.',
  content_policy_fallbacks: 'A refusal of a model is its answer; no other model gets the request.',
  request_timeout: 'Set timeouts.total_seconds of a model.',
  timeout: 'Set timeouts.total_seconds of the model.',
  stream_timeout: 'Set timeouts.first_token_seconds of the model.',
  rpm: 'A backend has no such limit: give keys one with `duplex keys create --rpm`.',
  tpm: 'A backend has no such limit: give keys one with `duplex keys create --tpm`.',
  max_tokens: 'Duplex sets no limit of its own for answers: clients send max_tokens.',
  max_parallel_requests: 'Set max_parallel of the backend, with the strategy affinity.',
  success_callback: 'Requests are in the log, at /metrics and in `duplex usage`.',
  failure_callback: 'Requests are in the log, at /metrics and in `duplex usage`.',
  extra_headers: 'Write them into headers of the provider, without secrets.',
  headers: 'Write them into headers of the provider, without secrets.',
};

const told = (place: string, field: string): string =>
  `${place}.${field}: not converted. ${advice[field] ?? 'Duplex has no such setting.'}`;

/** One line for each setting outside `model_list` that is not carried over. The lines never hold values. */
export function noteSettings(config: Config): string[] {
  const lines = ['router_settings', 'litellm_settings', 'general_settings'].flatMap((section) => {
    const settings = config[section];
    if (typeof settings !== 'object' || settings === null) return [];
    return Object.keys(settings)
      .filter((field) => !CARRIED[section]?.includes(field))
      .map((field) => told(section, field));
  });
  const variables = Object.keys(config.environment_variables ?? {});
  const routing = config.router_settings?.routing_strategy;
  const others = Object.keys(config).filter(
    (name) => !Object.hasOwn(CARRIED, name) && name !== 'environment_variables',
  );
  return [
    ...lines,
    ...(routing && !['simple-shuffle', 'least-busy'].includes(routing)
      ? [`router_settings.routing_strategy: Duplex has no such strategy; models with several backends get "weighted".`]
      : []),
    ...(variables.length > 0
      ? [`environment_variables: set these in the environment or in .env: ${variables.join(', ')}.`]
      : []),
    ...others.map((name) => `${name}: not converted. Duplex has no such section.`),
  ];
}

/** One line for each field of an entry that is not carried over. `place` names the entry. */
export function noteDeployment(deployment: Deployment, place: string): string[] {
  const { litellm_params: params, model_info: info, ...rest } = deployment;
  const given = (fields: object, read: (field: string) => boolean) =>
    Object.entries(fields).flatMap(([field, value]) =>
      value === undefined || value === null || read(field) ? [] : [field],
    );
  return [
    ...given(params, (field) => READ_PARAMS.has(field)).map((field) => told(`${place}.litellm_params`, field)),
    ...given(info ?? {}, (field) => READ_INFO.has(field)).map((field) => told(`${place}.model_info`, field)),
    ...given(rest, (field) => CARRIED.model_list?.includes(field) === true).map((field) => told(place, field)),
  ];
}
