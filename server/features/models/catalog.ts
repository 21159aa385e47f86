import type { Endpoint, Modality } from '../../../contracts/models/model.ts';
import { AppError } from '../../errors/app-error.ts';
import type { CallTimeouts, Provider } from '../../providers/provider.ts';
import type { Principal } from '../access/caller.ts';
import type { KeyGroup } from '../access/key-group.ts';
import { ModelMap } from './model-map.ts';
import type { Price } from './price.ts';

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
  /** The backend's own price, or else the one of its alias; null: it costs nothing. */
  readonly price: Price | null;
  /** Whether its vendor bills a request that the client leaves before the answer comes. */
  readonly billsAborted: boolean;
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
  /** The alias that serves it, where its name is one of `model_map`; null: it is an alias itself. */
  readonly mappedTo: string | null;
  readonly family: string | null;
  readonly license: string | null;
  /** The context window in tokens. */
  readonly contextWindow: number | null;
  readonly input: readonly Modality[];
  readonly output: readonly Modality[];
  /** The endpoints at which clients can use the model. */
  readonly endpoints: readonly Endpoint[];
  readonly tools: boolean;
  readonly reasoning: boolean;
  readonly minMaxTokens: number | null;
  readonly typicalResponseSeconds: number | null;
  /** Whether keys may use the vendor's own tools with it. */
  readonly hostedTools: boolean;
  /**
   * What happens to fields that a backend's dialect cannot express: the request is refused, or the fields are left out
   * and reported.
   */
  readonly unsupported: 'refuse' | 'drop';
  /** Fields that keys may send to it beside those of its upstreams' lists; `a.b` is the field `b` of the field `a`. */
  readonly allowFields: ReadonlySet<string>;
  readonly strategy: Strategy;
  readonly timeouts: ModelTimeouts;
  /** The backends in the order in which they are tried. Empty: no backend is configured that could serve the model. */
  readonly backends: readonly Backend[];
  /** When `backends` is empty: what the operator has to configure. */
  readonly missing: string | null;
}

/** A group of the models file. */
export interface Group extends KeyGroup {
  /** Names for this group; null: those for all. */
  readonly map: ModelMap | null;
}

/** The models for the gateway's own requests. Undefined: the models file names none. */
export interface HelperModels {
  readonly summaries?:
    | {
        /** An alias. */
        readonly model: string;
        readonly maxTokens: number;
        readonly timeoutMs: number;
      }
    | undefined;
  readonly titles?: { readonly model: string } | undefined;
}

export interface CatalogOptions {
  /** Why answers come from the small embedded model; null outside demo mode. */
  readonly demoNotice?: string | null;
  readonly map?: ModelMap;
  readonly groups?: ReadonlyMap<string, Group>;
  readonly helpers?: HelperModels;
}

/** Every model of the gateway, by alias and by the names that are mapped to one. */
export class Catalog {
  readonly models: readonly CatalogModel[];
  /** Why answers come from the small embedded model; null outside demo mode. */
  readonly demoNotice: string | null;
  readonly groups: ReadonlyMap<string, Group>;
  readonly helpers: HelperModels;
  readonly #byAlias: ReadonlyMap<string, CatalogModel>;
  readonly #map: ModelMap;
  readonly #views = new WeakMap<object, Catalog>();
  /** The parts of the catalog beside its models. */
  readonly #whole: Catalog;

  constructor(models: readonly CatalogModel[], options: CatalogOptions = {}, whole?: Catalog) {
    this.models = models;
    this.demoNotice = options.demoNotice ?? null;
    this.groups = options.groups ?? new Map();
    this.helpers = options.helpers ?? {};
    this.#map = options.map ?? new ModelMap({});
    this.#byAlias = new Map(models.map((model) => [model.alias, model]));
    this.#whole = whole ?? this;
  }

  /** The catalog as a key can see it. */
  for({ models: allowed, group: name }: Pick<Principal, 'models' | 'group'>): Catalog {
    const group = name === null ? undefined : this.groups.get(name);
    const map = group?.map ?? this.#map;
    if (allowed === null && map === this.#map) return this;
    // A set belongs to one key, or to one group: what it is a view of is known by it alone.
    const owner = allowed ?? map;
    const known = this.#views.get(owner);
    if (known) return known;
    const models = allowed ? this.models.filter(({ alias }) => allowed.has(alias)) : this.models;
    const view = new Catalog(models, { demoNotice: this.demoNotice, map, groups: this.groups }, this);
    this.#views.set(owner, view);
    return view;
  }

  /** The models, and those of mapped names under these names. */
  get listed(): readonly CatalogModel[] {
    const mapped = this.#map.names.flatMap((name) => (this.#byAlias.has(name) ? [] : (this.find(name) ?? [])));
    return [...this.models, ...mapped];
  }

  /** Whether it is an alias itself, and not only a name for one. */
  has(alias: string): boolean {
    return this.#byAlias.has(alias);
  }

  /** An alias comes before a mapped name, which answers under itself: clients compare it with what they asked for. */
  find(name: string): CatalogModel | undefined {
    const own = this.#byAlias.get(name);
    if (own) return own;
    const model = this.#byAlias.get(this.#map.find(name) ?? '');
    return model && { ...model, alias: name, mappedTo: model.alias };
  }

  /**
   * Throws `model_not_in_allowlist`, `model_not_found` when the model is not for this key, and `endpoint_not_supported`
   * when it serves other endpoints only.
   */
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
    if (this.#whole.#byAlias.has(mapped ?? alias)) {
      throw new AppError('model_not_found', `The model '${alias}' is not available to this key.`, { param: 'model' });
    }
    const through = mapped === undefined ? '' : ` is mapped to '${mapped}', which`;
    throw new AppError(
      'model_not_in_allowlist',
      `The model '${alias.slice(0, 200)}'${through} is not known here; GET /v1/info lists the models.`,
      { param: 'model' },
    );
  }
}
