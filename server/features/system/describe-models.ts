import type { AnthropicModel, AnthropicModelList } from '../../../contracts/models/anthropic-model.ts';
import type { GatewayInfo, Model, ModelInfo, ModelList, ModelPrice } from '../../../contracts/models/model.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Principal } from '../access/caller.ts';
import type { Catalog, CatalogModel } from '../models/catalog.ts';
import type { CurrentCatalog } from '../models/live-catalog.ts';
import { showPrice } from '../models/show-price.ts';
import type { BackendStates } from '../routing/backend-state.ts';

/** When the process started: nothing is known of when each model came to be. Unix time, in seconds. */
const CREATED = Math.floor(Date.now() / 1000);

/** A model in OpenAI's shape. */
export const toModel = (model: CatalogModel): Model => ({
  id: model.alias,
  object: 'model',
  created: CREATED,
  owned_by: model.family ?? model.backends[0]?.provider.id ?? 'duplex',
});

/** The window of the first backend, where it is known: the embedded model serves aliases with larger windows. */
function windowOf({ backends, contextWindow }: CatalogModel): number | null {
  const own = backends[0]?.provider.contextWindow;
  return own === undefined ? contextWindow : own;
}

/** A model in Anthropic's shape. */
export const toAnthropicModel = (model: CatalogModel): AnthropicModel => ({
  type: 'model',
  id: model.alias,
  display_name: model.alias,
  created_at: new Date(CREATED * 1000).toISOString(),
  max_input_tokens: windowOf(model),
  max_tokens: null,
  capabilities: null,
});

function priceOf({ backends: [first] }: CatalogModel, ratio: number): ModelPrice | null {
  return first?.price ? showPrice(first.price, ratio) : null;
}

interface Seen {
  readonly states: BackendStates;
  readonly ratio: number;
}

const toModelInfo = (model: CatalogModel, { states, ratio }: Seen): ModelInfo => ({
  alias: model.alias,
  family: model.family,
  license: model.license,
  context_window: windowOf(model),
  endpoints: [...model.endpoints],
  modalities: { input: [...model.input], output: [...model.output] },
  capabilities: {
    tools: model.tools,
    vision: model.input.includes('image'),
    reasoning: model.reasoning,
    streaming: true,
  },
  constraints: {
    tools: model.tools,
    accepts_image_url: false,
    min_max_tokens: model.minMaxTokens,
    typical_response_seconds: model.typicalResponseSeconds,
  },
  price: priceOf(model, ratio),
  available: model.backends.length > 0,
  backends: model.backends.map((backend) => ({
    provider: backend.provider.id,
    kind: backend.provider.kind,
    model: backend.model,
    state: states.of(backend).state,
  })),
});

/** `GET /v1/models` */
export const listModels = (catalog: Catalog): ModelList => ({ object: 'list', data: catalog.listed.map(toModel) });

/** Lists the models in Anthropic's shape, all of them on one page. */
export function listAnthropicModels(catalog: Catalog): AnthropicModelList {
  const data = catalog.listed.map(toAnthropicModel);
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}

/** Throws `model_not_found`. */
export function findModel(catalog: Catalog, alias: string): CatalogModel {
  const model = catalog.find(alias);
  if (model) return model;
  throw new AppError('model_not_found', `The model '${alias.slice(0, 200)}' does not exist here.`, { param: 'model' });
}

interface Described {
  readonly catalog: CurrentCatalog;
  readonly states: BackendStates;
  readonly version: string;
}

/** `GET /v1/info` */
export function describeGateway({ catalog, states, version }: Described, principal: Principal): GatewayInfo {
  const seen = catalog.for(principal);
  const ratio = principal.group === null ? 1 : (catalog.groups.get(principal.group)?.ratio ?? 1);
  return {
    name: 'duplex',
    version,
    demo: seen.demoNotice !== null,
    ...(seen.demoNotice ? { notice: seen.demoNotice } : {}),
    models: seen.models.map((model) => toModelInfo(model, { states, ratio })),
  };
}
