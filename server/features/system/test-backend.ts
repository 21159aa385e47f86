import type {
  BackendItem,
  BackendList,
  BackendOutcome,
  BackendReport,
  TestBackendRequest,
} from '../../../contracts/system/backend.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { AuditStore } from '../../store/interface/audit.ts';
import type { UsageStore } from '../../store/interface/usage.ts';
import type { Caller, Principal } from '../access/caller.ts';
import { ensureAdmin } from '../access/ensure-admin.ts';
import type { Backend, CatalogModel } from '../models/catalog.ts';
import type { CurrentCatalog } from '../models/live-catalog.ts';
import type { BackendStates } from '../routing/backend-state.ts';
import { type ProbedModel, probeCost, probeModel } from './probe-model.ts';

/** How many of the newest requests are looked through for the outcomes of the backends, and how many are shown of each. */
const REQUESTS_READ = 1_000;
const OUTCOMES_SHOWN = 20;

export interface BackendDeps {
  readonly catalog: CurrentCatalog;
  readonly states: BackendStates;
  readonly usage: Pick<UsageStore, 'list'>;
  readonly audit: AuditStore;
}

/** A backend, and the models that it serves. */
interface Serving {
  readonly backend: Backend;
  readonly models: readonly CatalogModel[];
}

function listServing({ catalog }: Pick<BackendDeps, 'catalog'>): Serving[] {
  const found = new Map<string, Serving>();
  for (const model of catalog.models) {
    for (const backend of model.backends) {
      const known = found.get(backend.name);
      found.set(backend.name, { backend: known?.backend ?? backend, models: [...(known?.models ?? []), model] });
    }
  }
  return [...found.values()];
}

/** Null: it makes pictures or embeddings only, and there is no test of these. */
function toProbed({ backend, models }: Serving): ProbedModel | null {
  const { provider, model, price } = backend;
  const chats = models.find(({ endpoints, output }) => endpoints.includes('chat') && output.includes('text'));
  return chats ? { provider, model, alias: chats.alias, tools: chats.tools, price } : null;
}

async function lastOutcomes({ usage }: Pick<BackendDeps, 'usage'>): Promise<Map<string, BackendOutcome[]>> {
  const range = { from: new Date(0), to: new Date('9999-12-31T00:00:00Z') };
  const rows = await usage.list(range, { limit: REQUESTS_READ, offset: 0 });
  const outcomes = new Map<string, BackendOutcome[]>();
  for (const { requestId: request_id, at, attempts } of rows) {
    for (const { backend, outcome, ms } of attempts.toReversed()) {
      const known = outcomes.get(backend) ?? [];
      if (known.length < OUTCOMES_SHOWN) known.push({ request_id, at: at.toISOString(), outcome, ms });
      outcomes.set(backend, known);
    }
  }
  return outcomes;
}

/** `GET /api/backends` */
export async function listBackends(deps: BackendDeps, principal: Principal): Promise<BackendList> {
  ensureAdmin(principal);
  const outcomes = await lastOutcomes(deps);
  const items = listServing(deps).map((serving): BackendItem => {
    const { backend, models } = serving;
    const { state, inFlight, latencyMs } = deps.states.of(backend);
    const probed = toProbed(serving);
    return {
      backend: backend.name,
      provider: backend.provider.id,
      kind: backend.provider.kind,
      model: backend.model,
      aliases: models.map(({ alias }) => alias),
      state,
      in_flight: inFlight,
      latency_ms: latencyMs,
      outcomes: outcomes.get(backend.name) ?? [],
      test: probed && probeCost(probed),
    };
  });
  return { items };
}

/** `POST /api/backends/test`: sends what `GET /api/backends` says that it sends. Nobody's wallet pays for it. */
export async function testBackend(
  deps: BackendDeps,
  { backend: name }: TestBackendRequest,
  { principal, signal }: Pick<Caller, 'principal' | 'signal'>,
): Promise<BackendReport> {
  const actor = ensureAdmin(principal);
  const serving = listServing(deps).find(({ backend }) => backend.name === name);
  if (!serving) throw invalidField('backend', 'There is no such backend. GET /api/backends lists all backends.');
  const probed = toProbed(serving);
  if (!probed) throw invalidField('backend', 'Only backends that serve chats can be tested.');
  await deps.audit.record({ actor, action: 'backends.test', subject: name, details: { ...probeCost(probed) } });
  const checks = await probeModel(probed, signal);
  return { backend: name, ok: checks.every(({ level }) => level !== 'problem'), checks };
}
