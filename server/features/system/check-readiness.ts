import type { BackendHealth, Readiness, Route } from '../../../contracts/system/health.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Store } from '../../store/interface/store.ts';
import type { Catalog } from '../models/catalog.ts';
import type { BackendStates } from '../routing/backend-state.ts';

const PROBE_MS = 2_000;
/** Whoever asks, a backend is probed at most this often. */
const FRESH_MS = 5_000;

async function probe(provider: Provider): Promise<BackendHealth> {
  const { up, loading, latencyMs, detail } = await provider.health(AbortSignal.timeout(PROBE_MS));
  return {
    provider: provider.id,
    kind: provider.kind,
    status: up ? 'up' : loading ? 'loading' : 'down',
    latency_ms: latencyMs,
    ...(detail ? { detail } : {}),
  };
}

async function pingStore(store: Store): Promise<Readiness['database']> {
  const start = monotonicNow();
  try {
    await store.ping();
    return { status: 'up', latency_ms: Math.round((monotonicNow() - start) * 10) / 10 };
  } catch {
    return { status: 'down', latency_ms: null };
  }
}

interface ReadinessDeps {
  readonly catalog: Catalog;
  readonly states: BackendStates;
  readonly providers: readonly Provider[];
  readonly store: Store;
}

/** `GET /readyz`. Probes spend no tokens. */
export class ReadinessCheck {
  readonly #catalog: Catalog;
  readonly #states: BackendStates;
  readonly #providers: readonly Provider[];
  readonly #store: Store;
  #backends: { at: number; health: Promise<BackendHealth[]> } | undefined;

  constructor({ catalog, states, providers, store }: ReadinessDeps) {
    this.#catalog = catalog;
    this.#states = states;
    this.#providers = providers;
    this.#store = store;
  }

  async run(): Promise<Readiness> {
    const [database, backends] = await Promise.all([pingStore(this.#store), this.#probeBackends()]);
    const allUp = backends.every(({ status }) => status === 'up');
    const notice = this.#catalog.demoNotice;
    return {
      status: database.status === 'down' ? 'unavailable' : allUp ? 'ready' : 'degraded',
      demo: notice !== null,
      ...(notice ? { notice } : {}),
      database,
      backends,
      routes: this.#routes(),
    };
  }

  #routes(): Route[] {
    const backends = new Map(this.#catalog.models.flatMap((model) => model.backends).map((one) => [one.name, one]));
    return [...backends.values()].map((backend) => {
      const { state, inFlight, latencyMs } = this.#states.of(backend);
      return { backend: backend.name, state, in_flight: inFlight, latency_ms: latencyMs };
    });
  }

  async #probeAll(): Promise<BackendHealth[]> {
    const health = await Promise.all(this.#providers.map(probe));
    const up = new Set(health.filter(({ status }) => status === 'up').map(({ provider }) => provider));
    for (const { backends } of this.#catalog.models) {
      for (const backend of backends) if (up.has(backend.provider.id)) this.#states.of(backend).probedUp();
    }
    return health;
  }

  #probeBackends(): Promise<BackendHealth[]> {
    const now = monotonicNow();
    if (!this.#backends || now - this.#backends.at > FRESH_MS) {
      this.#backends = { at: now, health: this.#probeAll() };
    }
    return this.#backends.health;
  }
}
