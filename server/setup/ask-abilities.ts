import { z } from 'zod';
import type { Endpoint, Modality } from '../../contracts/models/model.ts';
import { MAX_SMALL_ANSWER } from '../providers/http/limits.ts';
import { UpstreamClient } from '../providers/http/upstream-client.ts';
import type { PresetName } from '../providers/presets.ts';

/** What a local server tells about one of its models. Absent fields are not known. */
export interface Abilities {
  readonly input?: readonly Modality[];
  readonly tools?: boolean;
  readonly reasoning?: boolean;
  readonly endpoints?: readonly Endpoint[];
  /** The context window, in tokens. */
  readonly contextWindow?: number;
}

/** A model in the server's `/v1/models`. */
export interface ListedModel {
  readonly id: string;
  readonly [field: string]: unknown;
}

interface Server {
  ask(path: string, body?: object): Promise<unknown>;
}

type Ask = (server: Server, model: ListedModel) => Promise<Abilities>;

const inputOf = (more: readonly (Modality | false)[]): Modality[] => [
  'text',
  ...more.filter((one): one is Modality => one !== false),
];

const count = z.number().int().positive().optional().catch(undefined);
const windowOf = (tokens: number | undefined): Pick<Abilities, 'contextWindow'> =>
  tokens === undefined ? {} : { contextWindow: tokens };

/** llama.cpp's `GET /props`; see its README. */
const LlamaProps = z.looseObject({
  modalities: z.looseObject({ vision: z.boolean().catch(false), audio: z.boolean().catch(false) }).optional(),
  default_generation_settings: z.looseObject({ n_ctx: count }).optional(),
});

const askLlamaCpp: Ask = async (server, { id }) => {
  // With several models the server needs the name; with one it ignores the name.
  const props = LlamaProps.parse(await server.ask(`/props?model=${encodeURIComponent(id)}`));
  const { modalities, default_generation_settings: settings } = props;
  const input = modalities && inputOf([modalities.vision && 'image', modalities.audio && 'audio']);
  return { ...(input ? { input } : {}), ...windowOf(settings?.n_ctx) };
};

/**
 * https://docs.ollama.com/api-reference/show-model-details. Its `context_length` is the model's, not that of the
 * running server.
 */
const OllamaModel = z.looseObject({ capabilities: z.array(z.string()) });

const askOllama: Ask = async (server, { id }) => {
  const { capabilities } = OllamaModel.parse(await server.ask('/api/show', { model: id }));
  const can = (what: string) => capabilities.includes(what);
  return {
    input: inputOf([can('vision') && 'image', can('audio') && 'audio']),
    tools: can('tools'),
    reasoning: can('thinking'),
    ...(can('embedding') && !can('completion') ? { endpoints: ['embeddings'] } : {}),
  };
};

/** https://lmstudio.ai/docs/developer/rest/endpoints, `GET /api/v0/models/{model}`. */
const LmStudioModel = z.looseObject({ type: z.string(), loaded_context_length: count });

const askLmStudio: Ask = async (server, { id }) => {
  const path = `/api/v0/models/${id.split('/').map(encodeURIComponent).join('/')}`;
  const { type, loaded_context_length: tokens } = LmStudioModel.parse(await server.ask(path));
  return {
    input: inputOf([type === 'vlm' && 'image']),
    ...(type === 'embeddings' ? { endpoints: ['embeddings'] } : {}),
    ...windowOf(tokens),
  };
};

/** vLLM tells the window of a model in its list, and nothing about what the model accepts. */
const VllmModel = z.looseObject({ max_model_len: count });

const askVllm: Ask = async (_server, model) => windowOf(VllmModel.parse(model).max_model_len);

const ASK: Partial<Record<PresetName, Ask>> = {
  llamacpp: askLlamaCpp,
  ollama: askOllama,
  lmstudio: askLmStudio,
  vllm: askVllm,
};

/** Asks a server what its models can do. A model that gives no answer in time has no entry. */
export async function askAbilities(
  preset: PresetName,
  origin: string,
  models: readonly ListedModel[],
  ms: number,
): Promise<ReadonlyMap<string, Abilities>> {
  const ask = ASK[preset];
  if (!ask) return new Map();
  const headers = { 'content-type': 'application/json' };
  const client = new UpstreamClient({ baseUrl: origin, apiKey: undefined, firstByteMs: ms, idleMs: ms }, headers);
  const signal = AbortSignal.timeout(ms);
  const server: Server = {
    async ask(path, body) {
      const exchange = body ? client.post(path, Buffer.from(JSON.stringify(body)), signal) : client.get(path, signal);
      const { status, body: answer } = await exchange.collect(MAX_SMALL_ANSWER);
      if (status !== 200) throw new Error(`answered ${status}`);
      return JSON.parse(answer.toString('utf8'));
    },
  };
  try {
    const told = await Promise.allSettled(models.map((model) => ask(server, model)));
    return new Map(told.flatMap((one, i) => (one.status === 'fulfilled' ? [[models[i]?.id ?? '', one.value]] : [])));
  } finally {
    await client.close();
  }
}
