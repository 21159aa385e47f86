import type { BackendDraft, ModelDraft } from '../write-models-file.ts';
import type { Deployment } from './config.ts';

/** An entry of `model_list` that was read. */
export interface ReadDeployment {
  readonly deployment: Deployment;
  readonly backend: BackendDraft;
}

/** The endpoints for each of LiteLLM's `mode`s. Both programs default to chat. */
const endpointsByMode: Readonly<Record<string, readonly string[]>> = {
  completion: ['completions'],
  embedding: ['embeddings'],
  audio_transcription: ['transcriptions'],
  audio_speech: ['speech'],
};

export const isKnownMode = (mode: string): boolean =>
  mode === 'chat' || mode === 'image_generation' || Object.hasOwn(endpointsByMode, mode);

/** What a deployment is used for, in LiteLLM's words. */
export const modeOf = ({ litellm_params: { model }, model_info: info }: Deployment): string =>
  info?.mode ?? (model.startsWith('text-completion-openai/') ? 'completion' : 'chat');

/** The abilities of a model: those that all of its deployments have. */
function abilitiesOf(deployments: readonly Deployment[]): Partial<ModelDraft> {
  const all = (field: 'supports_vision' | 'supports_audio_input' | 'supports_reasoning') =>
    deployments.every(({ model_info: info }) => info?.[field] === true);
  const makesImages = deployments.some((deployment) => modeOf(deployment) === 'image_generation');
  const input = [
    'text',
    ...(makesImages || all('supports_vision') ? ['image'] : []),
    ...(all('supports_audio_input') ? ['audio'] : []),
  ];
  const noTools = makesImages || deployments.some(({ model_info: info }) => info?.supports_function_calling === false);
  const windows = deployments.flatMap(({ model_info: info }) => info?.max_input_tokens || []);
  const endpoints = deployments.map((one) => endpointsByMode[modeOf(one)]).find((one) => one !== undefined);
  return {
    ...(windows.length > 0 ? { context_window: Math.min(...windows) } : {}),
    ...(input.length > 1 ? { input } : {}),
    ...(makesImages ? { output: ['text', 'image'] } : {}),
    ...(endpoints ? { endpoints } : {}),
    ...(noTools ? { tools: false as const } : {}),
    ...(all('supports_reasoning') ? { reasoning: true as const } : {}),
  };
}

/**
 * The backends with their weights. LiteLLM draws by `weight`, otherwise by `rpm`, otherwise by `tpm`, when every
 * deployment of the name has it.
 */
function weighted(group: readonly ReadDeployment[]): BackendDraft[] {
  const field = (['weight', 'rpm', 'tpm'] as const).find((name) =>
    group.every(({ deployment: { litellm_params: params } }) => (params[name] ?? 0) > 0),
  );
  return group.map(({ backend, deployment }) => {
    const weight = field && deployment.litellm_params[field];
    return weight === undefined ? backend : { ...backend, weight };
  });
}

interface GroupContext {
  readonly routing: string | null | undefined;
  readonly dropParams: boolean;
  /** The backends of the models that serve as fallbacks. */
  readonly fallbacks: readonly BackendDraft[];
}

const orderOf = ({ deployment }: ReadDeployment): number => deployment.litellm_params.order ?? Number.POSITIVE_INFINITY;

/**
 * The model made of all deployments of one name. With fallbacks, the chain must be tried in order, because a strategy
 * would give the fallbacks a share of the requests.
 */
export function composeModel(alias: string, group: readonly ReadDeployment[], context: GroupContext): ModelDraft {
  const { routing, dropParams, fallbacks } = context;
  const sorted = group.toSorted((a, b) => (orderOf(a) === orderOf(b) ? 0 : orderOf(a) - orderOf(b)));
  const isOrdered = group.length === 1 || fallbacks.length > 0 || new Set(group.map(orderOf)).size > 1;
  const own = isOrdered ? sorted.map(({ backend }) => backend) : weighted(sorted);
  const drops = dropParams || group.some(({ deployment }) => deployment.litellm_params.drop_params === true);
  return {
    alias,
    ...abilitiesOf(group.map(({ deployment }) => deployment)),
    ...(drops ? { unsupported: 'drop' as const } : {}),
    ...(isOrdered ? {} : { strategy: routing === 'least-busy' ? ('least-busy' as const) : ('weighted' as const) }),
    backends: withoutDoubles([...own, ...fallbacks]),
  };
}

function withoutDoubles(backends: readonly BackendDraft[]): BackendDraft[] {
  const seen = new Map(backends.toReversed().map((one) => [`${one.provider}/${one.model}`, one]));
  return backends.filter((one) => seen.get(`${one.provider}/${one.model}`) === one);
}
