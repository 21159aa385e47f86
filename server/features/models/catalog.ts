import type { Endpoint, Modality } from '../../../contracts/models/model.ts';
import { AppError } from '../../errors/app-error.ts';
import type { CallTimeouts, Provider } from '../../providers/provider.ts';
import { ModelMap } from './model-map.ts';

/** A provider that serves a model, and the name of the model there. */
export interface Backend {
  readonly provider: Provider;
  readonly model: string;
  /** True when images that the alias takes cannot be shown to this backend: they are left out, and the answer says so. */
  readonly ignoresImages: boolean;
  /** `<provider>/<model>`: what headers, logs and the circuit know it by. */
  readonly name: string;
  /** Its share of the requests, where the model's strategy shares them out. */
  readonly weight: number;
  /** How many requests at once affinity gives it before others get them. */
  readonly maxParallel: number;
  /** True: each key's prompts are cached apart (vLLM's `cache_salt`). */
  readonly cacheSalt: boolean;
  /** The longest list of embedding inputs that it takes in one request. */
  readonly maxBatch: number;
}

/** How a model's backends share its requests: the first that works, by weight, the idlest, or the one with the KV cache. */
export const strategies = ['ordered', 'weighted', 'least-busy', 'affinity'] as const;
export type Strategy = (typeof strategies)[number];

/** A model's own patience; what is absent is the provider's. */
export interface ModelTimeouts extends CallTimeouts {
  readonly totalMs: number;
  /** Until the first token of a stream, in ms. */
  readonly firstTokenMs: number | undefined;
}

/** A model as clients know it. */
export interface CatalogModel {
  readonly alias: string;
  readonly family: string | null;
  readonly license: string | null;
  /** In tokens. */
  readonly contextWindow: number | null;
  readonly input: readonly Modality[];
  readonly output: readonly Modality[];
  /** What clients may ask of it. */
  readonly endpoints: readonly Endpoint[];
  readonly tools: boolean;
  readonly reasoning: boolean;
  readonly minMaxTokens: number | null;
  readonly typicalResponseSeconds: number | null;
  readonly strategy: Strategy;
  readonly timeouts: ModelTimeouts;
  /** In the order in which they are tried. Empty: nothing that could serve it is configured. */
  readonly backends: readonly Backend[];
  /** What the operator would have to configure, when `backends` is empty. */
  readonly missing: string | null;
}

/** Every model of the gateway, by alias and by the names that are mapped to one. */
export class Catalog {
  readonly models: readonly CatalogModel[];
  /** Why answers come from the small embedded model; null outside demo mode. */
  readonly demoNotice: string | null;
  readonly #byAlias: ReadonlyMap<string, CatalogModel>;
  readonly #map: ModelMap;

  constructor(models: readonly CatalogModel[], demoNotice: string | null, map: ModelMap = new ModelMap({})) {
    this.models = models;
    this.demoNotice = demoNotice;
    this.#byAlias = new Map(models.map((model) => [model.alias, model]));
    this.#map = map;
  }

  /** The models, and those of mapped names under these names. */
  get listed(): readonly CatalogModel[] {
    const mapped = this.#map.names.flatMap((name) => (this.#byAlias.has(name) ? [] : (this.find(name) ?? [])));
    return [...this.models, ...mapped];
  }

  /** An alias comes before a mapped name, which answers under itself: clients compare it with what they asked for. */
  find(name: string): CatalogModel | undefined {
    const own = this.#byAlias.get(name);
    if (own) return own;
    const model = this.#byAlias.get(this.#map.find(name) ?? '');
    return model && { ...model, alias: name };
  }

  /** Throws `model_not_in_allowlist`, and `endpoint_not_supported` when the model serves other endpoints only. */
  get(alias: string, endpoint: Endpoint = 'chat'): CatalogModel {
    const model = this.find(alias);
    if (model?.endpoints.includes(endpoint)) return model;
    if (model) {
      throw new AppError(
        'endpoint_not_supported',
        `The model '${model.alias}' does not serve ${endpoint}, but ${model.endpoints.join(', ')}.`,
        { param: 'model' },
      );
    }
    const mapped = this.#map.find(alias);
    const through = mapped === undefined ? '' : ` is mapped to '${mapped}', which`;
    throw new AppError(
      'model_not_in_allowlist',
      `The model '${alias.slice(0, 200)}'${through} is not known here; GET /v1/info lists the models.`,
      { param: 'model' },
    );
  }
}
