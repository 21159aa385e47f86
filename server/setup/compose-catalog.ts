import type { Endpoint } from '../../contracts/models/model.ts';
import {
  type Backend,
  Catalog,
  type CatalogModel,
  type Group,
  type HelperModels,
  type ModelTimeouts,
} from '../features/models/catalog.ts';
import { ModelMap } from '../features/models/model-map.ts';
import type { Provider } from '../providers/provider.ts';
import { overImagesApi } from '../providers/registry.ts';
import type { Abilities } from './ask-abilities.ts';
import type { LocalServer } from './detect-local.ts';
import { type ModelEntry, type ModelsFile, toMs } from './models-file.ts';
import type { ProviderEntry } from './provider-entry.ts';
import { toPrice } from './to-price.ts';

export interface EmbeddedModel {
  readonly provider: Provider;
  /** The name of the weights, such as `tinychat`. */
  readonly name: string;
}

interface ComposeOptions {
  readonly file: ModelsFile;
  /** The usable providers of the file. A provider without its key is absent. */
  readonly providers: ReadonlyMap<string, Provider>;
  readonly locals: readonly { server: LocalServer; provider: Provider }[];
  /** The embedded model, offered under its own name. */
  readonly embedded: EmbeddedModel | null;
  /** True: the embedded model answers for every text model of the file. */
  readonly demo: boolean;
}

interface Options extends ComposeOptions {
  /** The models of the file, by alias. */
  readonly entries: ReadonlyMap<string, ModelEntry>;
}

const DEMO_NOTICE =
  'Demo mode: no models file and no provider key is configured, so the small embedded model answers for every text model, and no model makes images. Set a key (such as OPENROUTER_API_KEY) or write a models.yaml to get real models.';

/** OpenAI's limit of inputs in one request; vLLM and llama.cpp have none. */
const MAX_BATCH = 2048;

const toBackend = (provider: Provider, model: string, own: Partial<Backend> = {}): Backend => ({
  provider,
  model,
  name: `${provider.id}/${model}`,
  ignoresImages: false,
  weight: 1,
  maxParallel: 8,
  cacheSalt: false,
  maxBatch: MAX_BATCH,
  price: null,
  billsAborted: false,
  ...own,
});

/** The time limit of an answer with all its attempts, in ms. It leaves room for the long answers of agents. */
const TOTAL_MS = 1_800_000;
/** The shortest limit for pictures, in ms: they take up to 180 s, whatever time-outs their provider has. */
const IMAGE_MS = 240_000;

function timeoutsOf({ timeouts, output }: Pick<ModelEntry, 'timeouts' | 'output'>): ModelTimeouts {
  const firstTokenMs = toMs(timeouts.first_token_seconds);
  return {
    firstTokenMs,
    firstByteMs: firstTokenMs,
    idleMs: toMs(timeouts.idle_seconds),
    totalMs: toMs(timeouts.total_seconds) ?? TOTAL_MS,
    leastMs: output.includes('image') ? IMAGE_MS : undefined,
  };
}

/**
 * A provider with legacy completions has them for all its chat models, so the models file need not list that endpoint.
 */
const chatEndpoints = (backends: readonly Backend[]): Endpoint[] =>
  backends.some(({ provider }) => provider.streamText) ? ['chat', 'completions'] : ['chat'];

/** What the operator would have to configure for an entry that no backend serves. */
function missingFor(entry: ModelEntry, file: ModelsFile): string {
  const keys = entry.backends.flatMap((backend) => {
    if ('alias' in backend) return [];
    const provider = file.providers[backend.provider];
    return provider && 'api_key_env' in provider && provider.api_key_env ? [provider.api_key_env] : [];
  });
  return keys.length > 0
    ? `Set ${[...new Set(keys)].join(' or ')}, or give it a backend in the models file.`
    : 'Configure one of its backends.';
}

const saltsCache = (entry: ProviderEntry): boolean => entry.kind === 'openai-compatible' && entry.cache_salt === true;

/** Clouds continue an aborted request and bill it; a self-hosted server stops. */
function billsAborted(entry: ProviderEntry): boolean {
  if (entry.kind === 'embedded') return false;
  return entry.bills_aborted ?? (entry.kind !== 'openai-compatible' || entry.base_url.startsWith('https:'));
}

/**
 * The chain of an entry, in which aliases are replaced by their own chains. A backend without a price of its own costs
 * what the requested alias costs; when that alias has no price, the price of the alias in whose chain the backend
 * stands applies.
 */
function chainOf(entry: ModelEntry, options: Options, price = entry.price, seen: readonly string[] = []): Backend[] {
  const { file, providers, entries } = options;
  return entry.backends.flatMap((backend) => {
    if ('provider' in backend) {
      const provider = providers.get(backend.provider);
      const described = file.providers[backend.provider];
      if (!provider || !described) return [];
      const own = backend.price ?? price;
      return [
        toBackend(backend.images === 'api' ? overImagesApi(provider) : provider, backend.model, {
          weight: backend.weight,
          maxParallel: backend.max_parallel,
          maxBatch: backend.max_batch ?? MAX_BATCH,
          cacheSalt: saltsCache(described) && backend.images !== 'api',
          price: own ? toPrice(own) : null,
          billsAborted: billsAborted(described),
        }),
      ];
    }
    const target = entries.get(backend.alias);
    if (!target || seen.includes(backend.alias)) return [];
    return chainOf(target, options, price ?? target.price, [...seen, entry.alias]);
  });
}

function demoChain(entry: ModelEntry, embedded: EmbeddedModel | null): Backend[] {
  if (!embedded || entry.output.includes('image') || entry.endpoints?.includes('chat') === false) return [];
  const price = entry.price ? toPrice(entry.price) : null;
  return [toBackend(embedded.provider, embedded.name, { ignoresImages: true, price })];
}

/** Undefined where the file names no model for it. */
function toHelpers({ summaries, titles }: ModelsFile): HelperModels {
  return {
    summaries: summaries && {
      model: summaries.model,
      maxTokens: summaries.max_tokens,
      timeoutMs: summaries.timeout_seconds * 1000,
    },
    titles,
  };
}

const without = (entries: Readonly<Record<string, string>>, names: object) =>
  Object.fromEntries(Object.entries(entries).filter(([name]) => !Object.hasOwn(names, name)));

const toGroups = (file: ModelsFile): Map<string, Group> =>
  new Map(
    Object.entries(file.groups).map(([name, { models, ratio, model_map }]) => [
      name,
      {
        models: models ? new Set(models) : null,
        ratio,
        // The mapping of a group overrides the mapping for all.
        map: model_map ? new ModelMap({ ...model_map, ...without(file.model_map, model_map) }) : null,
      },
    ]),
  );

function toModel(entry: ModelEntry, options: Options): CatalogModel {
  const backends = options.demo ? demoChain(entry, options.embedded) : chainOf(entry, options);
  return {
    alias: entry.alias,
    mappedTo: null,
    family: entry.family ?? null,
    license: entry.license ?? null,
    contextWindow: entry.context_window ?? null,
    input: entry.input,
    output: entry.output,
    endpoints: entry.endpoints ?? chatEndpoints(backends),
    tools: entry.tools,
    reasoning: entry.reasoning,
    minMaxTokens: entry.constraints.min_max_tokens ?? null,
    typicalResponseSeconds: entry.constraints.typical_response_seconds ?? null,
    hostedTools: entry.hosted_tools,
    unsupported: entry.unsupported,
    allowFields: new Set(entry.allow_fields),
    strategy: entry.strategy,
    timeouts: timeoutsOf(entry),
    backends,
    missing: backends.length > 0 ? null : missingFor(entry, options.file),
  };
}

/**
 * The abilities of a model about which nothing is known: the gateway allows everything, and the model's server refuses
 * what it cannot do.
 */
const UNKNOWN: Required<Pick<Abilities, 'input' | 'tools' | 'reasoning'>> = {
  input: ['text', 'image', 'audio', 'video'],
  tools: true,
  reasoning: true,
};

function ownModel(alias: string, backend: Backend, family: string, told: Abilities): CatalogModel {
  const { input, tools, reasoning, endpoints, contextWindow } = { ...UNKNOWN, ...told };
  const possible: Endpoint[] = [
    ...chatEndpoints([backend]),
    ...(backend.provider.embed ? (['embeddings'] as const) : []),
  ];
  return {
    alias,
    mappedTo: null,
    family,
    license: null,
    contextWindow: backend.provider.contextWindow ?? contextWindow ?? null,
    input,
    output: ['text'],
    endpoints: endpoints ?? possible,
    tools,
    reasoning,
    minMaxTokens: null,
    typicalResponseSeconds: null,
    hostedTools: false,
    unsupported: 'refuse',
    allowFields: new Set(),
    strategy: 'ordered',
    timeouts: timeoutsOf({ timeouts: {}, output: ['text'] }),
    backends: [backend],
    missing: null,
  };
}

/** All models that can be requested: those of the file, then the embedded one and those of local servers, by name. */
export function composeCatalog(options: ComposeOptions): Catalog {
  const entries = new Map(options.file.models.map((entry) => [entry.alias, entry]));
  const models = new Map(options.file.models.map((entry) => [entry.alias, toModel(entry, { ...options, entries })]));
  const add = (model: CatalogModel) => {
    if (!models.has(model.alias)) models.set(model.alias, model);
  };
  if (options.embedded) {
    const { provider, name } = options.embedded;
    add(ownModel(name, toBackend(provider, name), 'Embedded', { input: ['text'] }));
  }
  for (const { server, provider } of options.locals) {
    for (const model of server.models) add(ownModel(model.name, toBackend(provider, model.id), server.id, model));
  }
  return new Catalog([...models.values()], {
    demoNotice: options.demo ? DEMO_NOTICE : null,
    map: new ModelMap(options.file.model_map),
    groups: toGroups(options.file),
    helpers: toHelpers(options.file),
  });
}
