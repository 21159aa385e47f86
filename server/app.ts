import { promisify } from 'node:util';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Env } from './env.ts';
import { watchLoad } from './event-loop/watch-load.ts';
import type { AnsweredCall } from './features/access/answered-call.ts';
import { Gate } from './features/access/gate.ts';
import { KeyRing } from './features/access/key-ring.ts';
import { RateLimiter } from './features/access/rate-limiter.ts';
import type { StartCode } from './features/access/start-code.ts';
import { LoadGuard } from './features/metering/load-guard.ts';
import type { MeteringDeps } from './features/metering/run-metered.ts';
import { BackendStates } from './features/routing/backend-state.ts';
import { Dispatcher } from './features/routing/dispatcher.ts';
import { Runs } from './features/runs/runs.ts';
import { RunSweep } from './features/runs/sweep-runs.ts';
import { ReadinessCheck } from './features/system/check-readiness.ts';
import { Documentation } from './features/system/documentation.ts';
import { UsageCompaction } from './features/usage/compact-usage.ts';
import { anthropicProbesPlugin } from './http/anthropic-probes.ts';
import { watchConnections } from './http/connections/watch-connections.ts';
import { createOpenApiDocument } from './http/document/openapi.ts';
import { exportsPlugin } from './http/exports.ts';
import { fastifyOptions } from './http/fastify-options.ts';
import { audioPlugin } from './http/forms/audio.ts';
import { Heartbeat } from './http/heartbeat.ts';
import { decorateAdmission } from './http/hooks/admission.ts';
import { beginRequests } from './http/hooks/begin-requests.ts';
import { MAX_HEADERS } from './http/hooks/check-head.ts';
import { passOverExpectations, refuseTunnels } from './http/hooks/client-error.ts';
import { handleErrors } from './http/hooks/errors.ts';
import { ignoreUpgrades } from './http/hooks/ignore-upgrades.ts';
import { KnownMethods, knowEveryMethod } from './http/hooks/known-methods.ts';
import { reportResponses } from './http/hooks/report-responses.ts';
import { importsPlugin } from './http/imports.ts';
import { apiReferencePlugin } from './http/pages/api-reference.ts';
import { clientPackagePlugin } from './http/pages/client-package.ts';
import { consolePlugin } from './http/pages/console.ts';
import { ConsolePage } from './http/pages/console-page.ts';
import { createHome, documentationPlugin } from './http/pages/documentation.ts';
import { metricsPlugin } from './http/pages/metrics.ts';
import { restPlugin } from './http/rest.ts';
import { stripBasePath } from './http/strip-base-path.ts';
import { trpcPlugin } from './http/trpc.ts';
import { WEBSOCKET_PATHS } from './http/websocket/serve-websockets.ts';
import { MemoryRuns } from './live/memory/memory-runs.ts';
import { type OpenedAlerts, openAlerts } from './observe/alerts/open-alerts.ts';
import { hideSecrets } from './observe/hide-secrets.ts';
import type { LogStream } from './observe/open-log.ts';
import { openObservers } from './observe/open-observers.ts';
import { keepSecret } from './providers/http/secrets.ts';
import { createRouter } from './rpc/router.ts';
import type { OpenedProviders } from './setup/open-providers.ts';
import type { Store } from './store/interface/store.ts';

export interface AppDeps extends OpenedProviders {
  readonly env: Env;
  readonly bearer: string;
  /** What the link of the start is exchanged with; absent: there is no link. */
  readonly startCode?: StartCode | null;
  readonly store: Store;
  readonly version: string;
  readonly docsDir: string;
  /** Where the lines of the log go; undefined: to stdout, as JSON. */
  readonly log?: LogStream | undefined;
  /** Where the console was built. */
  readonly consoleDir: string;
  /** The file that the client's package was packed into. */
  readonly clientFile: string;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Refuses new runs, and resolves when those in progress have ended, for which they get so many ms. */
    stopRuns(graceMs: number): Promise<void>;
  }
}

/** What no line of the log and no error may hold. The keys of providers are kept where they are read. */
const secretsOf = (bearer: string, { metricsBearer, traces, alerts }: Env) => [
  bearer,
  metricsBearer,
  ...Object.values(traces?.headers ?? {}),
  alerts?.webhook?.url,
  alerts?.slackUrl ?? undefined,
];

/** Tells the operator what goes wrong, until the app closes; null: nobody wants to know. */
function alertWith({ alerts: settings, dataDir }: Env, store: Store, app: FastifyInstance): OpenedAlerts | null {
  if (settings === null) return null;
  const onError = (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    app.log.warn({ reason }, 'an alert was not delivered');
  };
  const alerts = openAlerts({ settings, dataDir, store, onError });
  app.addHook('onClose', () => alerts.close());
  return alerts;
}

/** Wires everything: the one place that knows every part. The caller listens, closes, and owns the store and providers. */
export async function createApp(deps: AppDeps): Promise<FastifyInstance> {
  const { env, bearer, catalog, configuration, store, version, docsDir, consoleDir, clientFile } = deps;
  const { maxBodyBytes, maxBodyValues } = env;
  for (const secret of secretsOf(bearer, env)) keepSecret(secret);
  const app = Fastify(
    fastifyOptions(env, {
      level: env.log.level,
      ...(deps.log ? { stream: deps.log } : {}),
      hooks: { streamWrite: hideSecrets },
    }),
  );
  const ring = await KeyRing.open({
    keys: store.keys,
    wallets: store.wallets,
    userBudgets: store.userBudgets,
    groups: catalog.groups,
    onError: (error) => app.log.error({ err: error }, 'changes of keys could not be read'),
  });
  app.addHook('onClose', () => ring.close());
  if (env.usageKeepDays > 0) {
    const compaction = new UsageCompaction(store.usage, env.usageKeepDays, (error) =>
      app.log.error({ err: error }, 'old usage rows could not be summed up'),
    );
    app.addHook('onClose', () => compaction.close());
  }
  const gate = new Gate(bearer, new RateLimiter(env.rateLimit.perSecond, env.rateLimit.burst), ring);
  const alerts = alertWith(env, store, app);
  const states = new BackendStates({ ...env.circuit, onOpen: alerts?.circuitOpened });
  const dispatcher = new Dispatcher(states, {
    retries: env.upstreamRetries,
    waitMs: env.modelWaitMs,
  });
  const { keepMs, keyMs, maxKeptBytes, ...limits } = env.runs;
  const live = new MemoryRuns();
  const onError = (error: unknown) => app.log.error({ err: error }, 'a run could not be written');
  const runs = new Runs({ store: store.runs, live, limits, onEnd: alerts?.runEnded, onError });
  const sweep = new RunSweep(store, { keepMs, keyMs }, onError);
  app.addHook('onClose', () => sweep.close());
  app.decorate('stopRuns', (graceMs: number) => runs.close(graceMs));
  // Whoever watches them holds a connection.
  app.addHook('preClose', () => runs.close(0));
  const readiness = new ReadinessCheck({ catalog, states, source: configuration, store, runs });
  const observers = await openObservers({
    settings: env,
    version,
    log: app.log,
    readings: {
      backends: () =>
        catalog.models.flatMap(({ backends }) =>
          backends.map((backend) => {
            const { state, inFlight } = states.of(backend);
            return { backend: backend.name, state, inFlight };
          }),
        ),
      connections: () => promisify(app.server.getConnections.bind(app.server))(),
      heldMicroUsd: () => store.wallets.held(),
    },
    alerts: alerts?.observer ?? null,
  });
  app.addHook('onClose', () => observers.close());
  const { metrics, observer } = observers;
  const load = new LoadGuard(env.load, (reason) => {
    if (reason === null) app.log.warn('requests are taken again');
    else app.log.warn({ reason, open: load.open }, 'new requests are refused');
  });
  const unwatchLoad = watchLoad((reading) => load.look(reading));
  app.addHook('onClose', async () => unwatchLoad());
  const metering: MeteringDeps = {
    load,
    onEnd(ended) {
      load.leave();
      observer.ended(ended);
    },
    watch: observers.watch,
    dispatcher,
    usage: store.usage,
    trancheTokens: env.reserveTokens,
    onExcessiveClaim: ({ requestId: reqId, ...claim }) =>
      app.log.warn({ reqId, ...claim }, 'an upstream claims more tokens than the request could have used'),
  };
  const docs = new Documentation(docsDir);
  const router = createRouter({
    docs,
    startCode: deps.startCode ?? null,
    catalog,
    metering,
    store,
    runs: { runs, live, store: store.runs, claims: store.claims, keepMs, keyMs, maxKeptBytes },
    readiness,
    ring,
    source: configuration,
    version,
  });

  configuration.start({
    accepted({ changed, ...report }, replaced) {
      for (const provider of replaced) states.forget(provider);
      ring.regroup(catalog.groups);
      app.log.info(report, changed ? 'the models file has changed' : 'the models file is valid again');
    },
    rejected: (reason) => app.log.error({ reason }, 'the models file was not put into effect'),
  });

  knowEveryMethod(app);
  const methods = new KnownMethods(app);
  decorateAdmission(app);
  const report = (call: AnsweredCall) => observer.answered(call);
  reportResponses(app, report);
  beginRequests(app, { corsOrigins: env.corsOrigins, methods, load });
  handleErrors(app);
  passOverExpectations(app);
  await app.register(anthropicProbesPlugin);
  await app.register(restPlugin, { router, gate, heartbeat: new Heartbeat(), maxBodyValues });
  await app.register(exportsPlugin, { gate, store });
  await app.register(importsPlugin, { gate, conversations: store.conversations, maxImportBytes: env.maxImportBytes });
  await app.register(audioPlugin, { catalog, ...metering, gate, maxBodyBytes, maxBodyValues });
  await app.register(trpcPlugin, {
    router,
    gate,
    maxBodyBytes,
    maxBodyValues,
    corsOrigins: env.corsOrigins,
    limits: env.websockets,
    report,
    transfers: env.connections.transfers,
  });
  app.server.maxHeadersCount = MAX_HEADERS + 1;
  watchConnections(app.server, env.connections);
  ignoreUpgrades(app.server, WEBSOCKET_PATHS);
  refuseTunnels(app.server);
  stripBasePath(app.server, env.basePath);
  const home = createHome(version, catalog.demoNotice);
  const page = new ConsolePage(consoleDir, env.basePath);
  await app.register(consolePlugin, { consoleDir, page, home });
  await app.register(clientPackagePlugin, { file: clientFile });
  await app.register(documentationPlugin, { docs, page });
  await app.register(apiReferencePlugin, { page, makeDocument: () => createOpenApiDocument(router, version) });
  await app.register(metricsPlugin, { metrics, bearer: env.metricsBearer, isLocal: env.isLocal });
  return app;
}
