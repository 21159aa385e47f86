import type { ServerOptions } from 'node:http';
import { promisify } from 'node:util';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
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
import { connectionOf } from './http/connections/connection.ts';
import { createLimitedServer } from './http/connections/limit-pipelining.ts';
import { watchConnections } from './http/connections/watch-connections.ts';
import { createOpenApiDocument } from './http/document/openapi.ts';
import { speaksAnthropic } from './http/error-dialect.ts';
import { exportsPlugin } from './http/exports.ts';
import { audioPlugin } from './http/forms/audio.ts';
import { Heartbeat } from './http/heartbeat.ts';
import { decorateAdmission } from './http/hooks/admission.ts';
import { checkHead, MAX_HEADERS } from './http/hooks/check-head.ts';
import { answerClientError, passOverExpectations, refuseTunnels } from './http/hooks/client-error.ts';
import { createCors } from './http/hooks/cors.ts';
import { handleErrors, refuseUnknown, sendError } from './http/hooks/errors.ts';
import { ignoreUpgrades } from './http/hooks/ignore-upgrades.ts';
import { KnownMethods, knowEveryMethod } from './http/hooks/known-methods.ts';
import { reportResponses } from './http/hooks/report-responses.ts';
import { shedLoad } from './http/hooks/shed-load.ts';
import { importsPlugin } from './http/imports.ts';
import { apiReferencePlugin } from './http/pages/api-reference.ts';
import { clientPackagePlugin } from './http/pages/client-package.ts';
import { consolePlugin } from './http/pages/console.ts';
import { ConsolePage } from './http/pages/console-page.ts';
import { createHome, documentationPlugin } from './http/pages/documentation.ts';
import { metricsPlugin } from './http/pages/metrics.ts';
import { dataHeaders } from './http/pages/security-headers.ts';
import { newRequestId } from './http/request-id.ts';
import { restPlugin } from './http/rest.ts';
import { stripBasePath } from './http/strip-base-path.ts';
import { TRPC_PATH, trpcPlugin } from './http/trpc.ts';
import { MemoryRuns } from './live/memory/memory-runs.ts';
import { type OpenedAlerts, openAlerts } from './observe/alerts/open-alerts.ts';
import { DecisionLog } from './observe/decisions/decision-log.ts';
import { hideSecrets } from './observe/hide-secrets.ts';
import { Metrics } from './observe/metrics.ts';
import { tellAll } from './observe/observer.ts';
import type { LogStream } from './observe/open-log.ts';
import { RequestLog } from './observe/request-log.ts';
import type { TraceSettings } from './observe/traces/open-traces.ts';
import type { Traces } from './observe/traces/traces.ts';
import { type Watcher, watchRequests } from './observe/watch-requests.ts';
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

function refuseSchemas(): never {
  throw new Error('Routes have no schemas of Fastify: contracts check requests.');
}

const serverOptions = (env: Env): ServerOptions => ({
  // Long responses and uploads are normal here. `watchConnections` closes connections that are too slow.
  requestTimeout: 0,
  keepAliveTimeout: 75_000,
  requireHostHeader: false,
  headersTimeout: env.headersTimeoutMs,
  connectionsCheckingInterval: 1_000,
});

function createFastify(env: Env, log: LogStream | undefined): FastifyInstance {
  return Fastify({
    logger: {
      level: env.log.level,
      ...(log ? { stream: log } : {}),
      hooks: { streamWrite: hideSecrets },
      redact: ['authorization', 'x-api-key', 'api-key'].map((name) => `req.headers["${name}"]`),
    },
    logController: new LogController({ disableRequestLogging: true }),
    // A child logger for each request costs more than routing it, so each log line carries the request id itself.
    childLoggerFactory: (logger) => logger,
    // Our contracts check what comes in. Without this, Fastify loads a compiler of JSON schemas for every start.
    schemaController: { compilersFactory: { buildValidator: refuseSchemas, buildSerializer: refuseSchemas } },
    genReqId: newRequestId,
    bodyLimit: env.maxBodyBytes,
    serverFactory: (handle) => createLimitedServer(handle, serverOptions(env)),
    // A stop lets the answers that are under way end.
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError,
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => sendError(reply.header('x-request-id', request.id), error),
  });
}

/** None at `info`: then no request is followed, and none pays for it. */
function decisionLog(log: FastifyBaseLogger, { level, content }: Env['log']): Watcher[] {
  if (level !== 'debug' && level !== 'trace') return [];
  return [new DecisionLog(log, { upstream: level === 'trace', content })];
}

/** Tells the operator what goes wrong, until the app closes; null: nobody wants to know. */
function alertWith({ alerts: settings, dataDir }: Env, store: Store, app: FastifyInstance): OpenedAlerts | null {
  if (settings === null) return null;
  keepSecret(settings.webhook?.url);
  keepSecret(settings.slackUrl ?? undefined);
  const onError = (error: unknown) => app.log.warn({ reason: messageOf(error) }, 'an alert was not delivered');
  const alerts = openAlerts({ settings, dataDir, store, onError });
  app.addHook('onClose', () => alerts.close());
  return alerts;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Sends spans to a collector until the app closes. What OpenTelemetry needs is loaded here, and only here. */
async function traceTo(settings: TraceSettings, version: string, app: FastifyInstance): Promise<Traces> {
  const { openTraces } = await import('./observe/traces/open-traces.ts');
  const traces = await openTraces(settings, {
    version,
    onTrouble(reason) {
      if (reason === null) app.log.warn('spans reach the collector again');
      else app.log.warn({ reason }, 'spans do not reach the collector, and are lost');
    },
  });
  app.addHook('onClose', () => traces.close());
  return traces;
}

/** Wires everything: the one place that knows every part. The caller listens, closes, and owns the store and providers. */
export async function createApp(deps: AppDeps): Promise<FastifyInstance> {
  const { env, bearer, catalog, configuration, store, version, docsDir, consoleDir, clientFile } = deps;
  const { maxBodyBytes, maxBodyValues } = env;
  for (const secret of [bearer, env.metricsBearer, ...Object.values(env.traces?.headers ?? {})]) keepSecret(secret);
  const app = createFastify(env, deps.log);
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
  const metrics = new Metrics({
    backends: () =>
      catalog.models.flatMap(({ backends }) =>
        backends.map((backend) => {
          const { state, inFlight } = states.of(backend);
          return { backend: backend.name, state, inFlight };
        }),
      ),
    connections: () => promisify(app.server.getConnections.bind(app.server))(),
    heldMicroUsd: () => store.wallets.held(),
  });
  const traces = env.traces === null ? null : await traceTo(env.traces, version, app);
  const requestLog = new RequestLog(app.log, {
    all: env.log.requests,
    content: env.log.content,
    slowMs: env.log.slowMs,
  });
  const observer = tellAll([metrics, requestLog, ...(traces ? [traces] : []), ...(alerts ? [alerts.observer] : [])]);
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
    watch: watchRequests([...(traces ? [traces] : []), ...decisionLog(app.log, env.log)]),
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
  const answersPreflight = createCors(env.corsOrigins);
  // One hook for all: each costs every request a microsecond or two.
  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = request;
    // Our side is closed already, behind an answer that was the last one here.
    if (raw.socket.writableEnded) {
      reply.hijack();
      return;
    }
    connectionOf(raw.socket).request = raw;
    reply.header('x-request-id', request.id).headers(dataHeaders);
    if (speaksAnthropic(request)) reply.header('request-id', request.id);
    if (answersPreflight(request, reply)) return;
    checkHead(request);
    refuseUnknown(request, reply, methods);
    shedLoad(raw, load);
    done();
  });
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
  ignoreUpgrades(app.server, TRPC_PATH);
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
