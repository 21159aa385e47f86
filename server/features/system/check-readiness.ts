import type { BackendHealth, Readiness, Route } from '../../../contracts/system/health.ts';
import { toAppError } from '../../errors/to-wire.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import { settledWithin } from '../../event-loop/settled-within.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Store } from '../../store/interface/store.ts';
import type { CurrentCatalog } from '../models/live-catalog.ts';
import type { BackendStates } from '../routing/backend-state.ts';
import { checkRoom, type Room } from './check-room.ts';
import type { ModelsSource } from './reload-models.ts';

const PROBE_MS = 2_000;
/** The backends and the database are probed at most this often, in ms, however many clients ask. */
const FRESH_MS = { backends: 5_000, database: 2_000 };

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

/** A small write may still succeed on a disk that has no room for the next message. */
async function probeStore(store: Store, room: Room): Promise<Readiness['database']> {
  const start = monotonicNow();
  try {
    await store.ping();
    const shortage = await checkRoom(room);
    if (shortage !== null) return { status: 'down', latency_ms: null, detail: shortage };
    return { status: 'up', latency_ms: Math.round((monotonicNow() - start) * 10) / 10 };
  } catch (error) {
    return { status: 'down', latency_ms: null, detail: toAppError(error).message };
  }
}

/** Asks at most once in `freshMs`, and never again while it is still being answered. */
class Probe<T> {
  readonly #ask: () => Promise<T>;
  readonly #freshMs: number;
  #askedAt = 0;
  #pending = false;
  #answer: Promise<T> | undefined;

  constructor(ask: () => Promise<T>, freshMs: number) {
    this.#ask = ask;
    this.#freshMs = freshMs;
  }

  get(): Promise<T> {
    const now = monotonicNow();
    if (this.#answer && (this.#pending || now - this.#askedAt < this.#freshMs)) return this.#answer;
    this.#askedAt = now;
    this.#pending = true;
    this.#answer = this.#ask().finally(() => {
      this.#pending = false;
    });
    return this.#answer;
  }
}

interface ReadinessDeps {
  readonly catalog: CurrentCatalog;
  readonly states: BackendStates;
  /** The models file, and the providers that it has now. */
  readonly source: Pick<ModelsSource, 'status'> & { readonly providers: readonly Provider[] };
  readonly store: Store;
  readonly room: Room;
  /** Whether the gateway is being stopped. */
  readonly runs: { readonly isStopping: boolean };
}

/** `GET /readyz`. Probes spend no tokens. */
export class ReadinessCheck {
  readonly #catalog: CurrentCatalog;
  readonly #states: BackendStates;
  readonly #runs: ReadinessDeps['runs'];
  readonly #source: ReadinessDeps['source'];
  readonly #backends: Probe<BackendHealth[]>;
  readonly #database: Probe<Readiness['database']>;

  constructor({ catalog, states, source, store, room, runs }: ReadinessDeps) {
    this.#source = source;
    this.#runs = runs;
    this.#catalog = catalog;
    this.#states = states;
    this.#backends = new Probe(() => this.#probeAll(source.providers), FRESH_MS.backends);
    this.#database = new Probe(() => probeStore(store, room), FRESH_MS.database);
  }

  async run(): Promise<Readiness> {
    const [database, backends] = await Promise.all([this.#probeDatabase(), this.#backends.get()]);
    const allUp = backends.every(({ status }) => status === 'up');
    const notice = this.#catalog.demoNotice;
    const modelsFile = this.#source.status;
    const isWell = allUp && modelsFile.status === 'loaded';
    return {
      status: database.status === 'down' || this.#runs.isStopping ? 'unavailable' : isWell ? 'ready' : 'degraded',
      demo: notice !== null,
      ...(notice ? { notice } : {}),
      database,
      models_file: modelsFile,
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

  /** Asks every provider, and tells the circuits of those that are up. */
  async #probeAll(providers: readonly Provider[]): Promise<BackendHealth[]> {
    const health = await Promise.all(providers.map(probe));
    const up = new Set(health.filter(({ status }) => status === 'up').map(({ provider }) => provider));
    for (const { backends } of this.#catalog.models) {
      for (const backend of backends) if (up.has(backend.provider.id)) this.#states.of(backend).probedUp();
    }
    return health;
  }

  /** Waiting for a database lock may take longer than the client waits. */
  async #probeDatabase(): Promise<Readiness['database']> {
    const probe = this.#database.get();
    if (await settledWithin(probe, PROBE_MS)) return probe;
    return {
      status: 'down',
      latency_ms: null,
      detail: `The database did not take a write within ${PROBE_MS / 1000} s.`,
    };
  }
}
