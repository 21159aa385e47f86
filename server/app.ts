import { dirname } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { databaseFileOf, type Env } from './env.ts';
import { watchLoad } from './event-loop/watch-load.ts';
import type { KeyRing } from './features/access/key-ring.ts';
import { type OpenedAccess, openAccess } from './features/access/open-access.ts';
import type { StartCode } from './features/access/start-code.ts';
import { LoadGuard } from './features/metering/load-guard.ts';
import type { MeteringDeps } from './features/metering/run-metered.ts';
import { BackendStates } from './features/routing/backend-state.ts';
import { Dispatcher } from './features/routing/dispatcher.ts';
import { Runs } from './features/runs/runs.ts';
import { RunSweep } from './features/runs/sweep-runs.ts';
import { ReadinessCheck } from './features/system/check-readiness.ts';
import { Documentation } from './features/system/documentation.ts';
import { RegularRecovery } from './features/system/recover-regularly.ts';
import { TitleWriter } from './features/turns/title-writer.ts';
import { UsageCompaction } from './features/usage/compact-usage.ts';
import { fastifyOptions } from './http/fastify-options.ts';
import { Heartbeat } from './http/heartbeat.ts';
import { serveRoutes } from './http/serve-routes.ts';
import { OpenWebsockets } from './http/websocket/open-websockets.ts';
import { MemoryRuns } from './live/memory/memory-runs.ts';
import { explainLoss } from './observe/alerts/explain-loss.ts';
import { type OpenedAlerts, openAlerts } from './observe/alerts/open-alerts.ts';
import { hideSecrets } from './observe/hide-secrets.ts';
import type { Readings } from './observe/metrics.ts';
import type { LogStream } from './observe/open-log.ts';
import { type OpenedObservers, openObservers } from './observe/open-observers.ts';
import { readingsOf } from './observe/readings.ts';
import { RecentLines } from './observe/recent-lines.ts';
import { keepSecret } from './providers/http/secrets.ts';
import { createRouter } from './rpc/router.ts';
import type { OpenedProviders } from './setup/open-providers.ts';
import type { Store } from './store/interface/store.ts';

export interface AppDeps extends OpenedProviders {
  readonly env: Env;
  readonly bearer: string;
  /** The code in the link that the start printed; absent: there is no link. */
  readonly startCode?: StartCode | null;
  readonly store: Store;
  readonly version: string;
  readonly docsDir: string;
  /** The receiver of log lines; undefined: they go to stdout, as JSON. */
  readonly log?: LogStream | undefined;
  /** The folder in which the console was built. */
  readonly consoleDir: string;
  /** The file that the client's package was packed into. */
  readonly clientFile: string;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Refuses new requests to models, and resolves when those in progress have ended, for which they get so many ms. */
    stopRuns(graceMs: number): Promise<void>;
  }
}

/** The secrets that no log line and no error may contain. The keys of providers are registered where they are read. */
const secretsOf = (bearer: string, { metricsBearer, traces, alerts }: Env) => [
  bearer,
  metricsBearer,
  ...Object.values(traces?.headers ?? {}),
  alerts?.webhook?.url,
  alerts?.slackUrl ?? undefined,
];

/** The log's settings. Lines are free of secrets before they are written, and the last of them are kept for `/api/logs`. */
const logWith = ({ env, log }: AppDeps, kept: RecentLines) => ({
  level: env.log.level,
  ...(log ? { stream: log } : {}),
  hooks: { streamWrite: (line: string) => kept.keep(hideSecrets(line)) },
});

/** Opens the alerts, until the app closes; null when no receiver is configured. */
function alertWith({ alerts: settings, dataDir }: Env, store: Store, app: FastifyInstance): OpenedAlerts | null {
  if (settings === null) return null;
  const onError = (error: unknown) => app.log.warn({ reason: explainLoss(error) }, 'an alert was not delivered');
  const alerts = openAlerts({ settings, dataDir, store, onError });
  app.addHook('onClose', () => alerts.close());
  return alerts;
}

/** Opens the keys, and the limits of each caller. */
async function accessWith({ env, bearer, catalog, store }: AppDeps, app: FastifyInstance): Promise<OpenedAccess> {
  const { rateLimit, corsOrigins, trustedProxies } = env;
  const access = await openAccess({
    rateLimit,
    corsOrigins,
    trustedProxies,
    bearer,
    groups: catalog.groups,
    store,
    isDemo: () => env.demoAccess === 'auto' && env.isLocal && catalog.demoNotice !== null,
    onError: (error) => app.log.error({ err: error }, 'changes of keys could not be read'),
  });
  app.addHook('onClose', () => access.ring.close());
  keepSecret(access.demoPass.key);
  return access;
}

/** Sums up old usage rows, unless they are kept for ever. */
function compactUsage({ env, store }: AppDeps, app: FastifyInstance): void {
  if (env.usageKeepDays === 0) return;
  const compaction = new UsageCompaction(store.usage, env.usageKeepDays, (error) =>
    app.log.error({ err: error }, 'old usage rows could not be summed up'),
  );
  app.addHook('onClose', () => compaction.close());
}

/** Frees what processes held that were killed beside this one. */
function recoverOthers({ store }: AppDeps, app: FastifyInstance): void {
  const recovery = new RegularRecovery(store, {
    recovered: (processes) => app.log.warn({ processes }, 'other processes were killed; what they held is free again'),
    failed: (error) => app.log.error({ err: error }, 'what killed processes held could not be freed'),
  });
  app.addHook('onClose', () => recovery.close());
}

interface OpenRunsParts {
  /** Told of runs that end. */
  readonly alerts: OpenedAlerts | null;
  /** Refuses new requests when the runs are stopped. */
  readonly load: LoadGuard;
}

/** The answers in progress, and what the router needs to follow, replay and cancel them. */
function openRuns({ env, store }: AppDeps, app: FastifyInstance, { alerts, load }: OpenRunsParts) {
  const { keepMs, keyMs, maxKeptBytes, ...limits } = env.runs;
  const live = new MemoryRuns();
  const onError = (error: unknown) => app.log.error({ err: error }, 'a run could not be written');
  const runs = new Runs({ store: store.runs, live, limits, onEnd: alerts?.runEnded, onError });
  const sweep = new RunSweep(store, { keepMs, keyMs }, onError);
  app.addHook('onClose', () => sweep.close());
  const stopRuns = (graceMs: number) => {
    load.stop();
    return runs.close(graceMs);
  };
  app.decorate('stopRuns', stopRuns);
  // Clients that watch runs hold connections, so the runs must end before the connections close.
  app.addHook('preClose', () => stopRuns(0));
  return { runs, live, store: store.runs, claims: store.claims, keepMs, keyMs, maxKeptBytes };
}

interface Observed {
  readonly readings: Readings;
  readonly alerts: OpenedAlerts | null;
}

/** Logs, metrics and traces. */
async function observe({ env, version }: AppDeps, app: FastifyInstance, { readings, alerts }: Observed) {
  const observers = await openObservers({
    settings: env,
    version,
    log: app.log,
    readings,
    alerts: alerts?.observer ?? null,
  });
  app.addHook('onClose', () => observers.close());
  return observers;
}

/** Refuses new requests to models while the process is under stress. */
function guardLoad({ env }: AppDeps, app: FastifyInstance): LoadGuard {
  const load = new LoadGuard(env.load, (reason) => {
    if (reason === null) app.log.warn('requests are taken again');
    else app.log.warn({ reason, open: load.open }, 'new requests are refused');
  });
  const unwatchLoad = watchLoad((reading) => load.look(reading));
  app.addHook('onClose', async () => unwatchLoad());
  return load;
}

interface Metered {
  readonly load: LoadGuard;
  readonly observers: OpenedObservers;
  readonly dispatcher: Dispatcher;
}

const meterWith = (
  { env, store }: AppDeps,
  app: FastifyInstance,
  { load, observers, dispatcher }: Metered,
): MeteringDeps => ({
  load,
  onEnd(ended) {
    load.leave();
    observers.observer.ended(ended);
  },
  watch: observers.watch,
  dispatcher,
  usage: store.usage,
  trancheTokens: env.reserveTokens,
  onExcessiveClaim: ({ requestId: reqId, ...claim }) =>
    app.log.warn({ reqId, ...claim }, 'an upstream claims more tokens than the request could have used'),
});

/** Words the titles of conversations, in the background. */
function wordTitles({ catalog, store }: AppDeps, app: FastifyInstance, metering: MeteringDeps): TitleWriter {
  const titles = new TitleWriter({
    catalog,
    ...metering,
    conversations: store.conversations,
    onError: (error) => app.log.error({ err: error }, 'a title could not be written'),
  });
  app.addHook('onClose', () => titles.close());
  return titles;
}

interface Reloaded {
  readonly states: BackendStates;
  readonly ring: KeyRing;
}

/** Puts every new version of the models file into effect. */
function followModelsFile({ catalog, configuration }: AppDeps, app: FastifyInstance, { states, ring }: Reloaded): void {
  configuration.start({
    accepted({ changed, ...report }, replaced) {
      for (const provider of replaced) states.forget(provider);
      ring.regroup(catalog.groups);
      app.log.info(report, changed ? 'the models file has changed' : 'the models file is valid again');
    },
    rejected: (reason) => app.log.error({ reason }, 'the models file was not put into effect'),
  });
}

/** Wires everything: the one place that knows every part. The caller listens, closes, and owns the store and providers. */
export async function createApp(deps: AppDeps): Promise<FastifyInstance> {
  const { env, bearer, catalog, configuration, store, version } = deps;
  for (const secret of secretsOf(bearer, env)) keepSecret(secret);
  const logs = new RecentLines();
  const app = Fastify(fastifyOptions(env, logWith(deps, logs)));
  const { ring, gate, tokens, guard, demoPass } = await accessWith(deps, app);
  compactUsage(deps, app);
  recoverOthers(deps, app);
  const alerts = alertWith(env, store, app);
  const states = new BackendStates({ ...env.circuit, onOpen: alerts?.circuitOpened });
  const dispatcher = new Dispatcher(states, { retries: env.upstreamRetries, waitMs: env.modelWaitMs });
  const load = guardLoad(deps, app);
  const runs = openRuns(deps, app, { alerts, load });
  const room = { folder: dirname(databaseFileOf(env)), leastMb: env.leastDiskMb };
  const readiness = new ReadinessCheck({ catalog, states, source: configuration, store, room, runs: runs.runs });
  const heartbeat = new Heartbeat();
  const websockets = new OpenWebsockets();
  const counted = { load, dispatcher, heartbeat, websockets, runs: runs.runs };
  const readings = readingsOf({ catalog, states, wallets: store.wallets, server: app.server, ...counted });
  const observers = await observe(deps, app, { readings, alerts });
  const metering = meterWith(deps, app, { load, observers, dispatcher });
  const titles = wordTitles(deps, app, metering);
  const docs = new Documentation(deps.docsDir);
  const start = { startCode: deps.startCode ?? null, demoPass };
  const operated = { readiness, ring, source: configuration, logs, version, docs, start };
  const router = createRouter({
    catalog,
    metering,
    store,
    titles,
    runs,
    tokens: { tokens, origins: gate.origins, catalog },
    showsOthers: deps.env.adminReadsConversations,
    ...operated,
  });
  followModelsFile(deps, app, { states, ring });
  await serveRoutes(deps, app, {
    docs,
    router,
    gate,
    guard,
    load,
    metering,
    once: runs,
    observers,
    heartbeat,
    websockets,
  });
  return app;
}
