import type { FastifyInstance } from 'fastify';
import type { AnsweredCall } from '../features/access/answered-call.ts';
import type { Gate } from '../features/access/gate.ts';
import { HeldBytes } from '../features/access/held-bytes.ts';
import type { TokenGuard } from '../features/access/token-guard.ts';
import type { ExportStores } from '../features/conversations/export/export-conversations.ts';
import type { LoadGuard } from '../features/metering/load-guard.ts';
import type { MeteringDeps } from '../features/metering/run-metered.ts';
import type { CurrentCatalog } from '../features/models/live-catalog.ts';
import type { OnceDeps } from '../features/runs/answer-once.ts';
import type { Documentation } from '../features/system/documentation.ts';
import type { AppRouter } from '../rpc/router.ts';
import { anthropicProbesPlugin } from './anthropic-probes.ts';
import { type ConnectionLimits, watchConnections } from './connections/watch-connections.ts';
import { createOpenApiDocument } from './document/openapi.ts';
import { exportsPlugin } from './exports.ts';
import { audioPlugin } from './forms/audio.ts';
import type { Heartbeat } from './heartbeat.ts';
import { decorateAdmission } from './hooks/admission.ts';
import { beginRequests } from './hooks/begin-requests.ts';
import { MAX_HEADERS } from './hooks/check-head.ts';
import { passOverExpectations, refuseTunnels } from './hooks/client-error.ts';
import { handleErrors } from './hooks/errors.ts';
import { decorateHolds } from './hooks/hold-request.ts';
import { ignoreUpgrades } from './hooks/ignore-upgrades.ts';
import { KnownMethods, knowEveryMethod } from './hooks/known-methods.ts';
import { reportResponses } from './hooks/report-responses.ts';
import { importsPlugin } from './imports.ts';
import { apiReferencePlugin } from './pages/api-reference.ts';
import { clientPackagePlugin } from './pages/client-package.ts';
import { consolePlugin } from './pages/console.ts';
import { ConsolePage } from './pages/console-page.ts';
import { createHome, documentationPlugin } from './pages/documentation.ts';
import { type MetricsPageOptions, metricsPlugin } from './pages/metrics.ts';
import { restPlugin } from './rest.ts';
import { stripBasePath } from './strip-base-path.ts';
import { trpcPlugin } from './trpc.ts';
import type { OpenWebsockets } from './websocket/open-websockets.ts';
import { serveWebsockets } from './websocket/serve-websockets.ts';
import type { WebsocketLimits } from './websocket/websocket-limits.ts';
import { WEBSOCKET_PATHS } from './websocket/websocket-paths.ts';

/** The settings of the edge: `Env` has them. */
interface RouteSettings {
  readonly basePath: string;
  readonly maxBodyBytes: number;
  readonly maxBodyValues: number;
  readonly maxImportBytes: number;
  readonly requestBytesPerKey: number;
  readonly websockets: WebsocketLimits;
  readonly connections: ConnectionLimits;
  readonly metricsBearer: string | undefined;
  readonly isLocal: boolean;
}

export interface RoutesOptions {
  readonly env: RouteSettings;
  readonly catalog: CurrentCatalog;
  readonly store: ExportStores;
  readonly version: string;
  /** Where the console was built. */
  readonly consoleDir: string;
  /** The file that the client's package was packed into. */
  readonly clientFile: string;
}

/** The parts of the gateway that the routes lead to. */
export interface RoutedParts {
  readonly router: AppRouter;
  readonly gate: Gate;
  readonly guard: TokenGuard;
  readonly load: LoadGuard;
  readonly metering: MeteringDeps;
  readonly once: OnceDeps;
  readonly observers: {
    readonly metrics: MetricsPageOptions['metrics'];
    readonly observer: { answered(call: AnsweredCall): void };
  };
  readonly docs: Documentation;
  readonly heartbeat: Heartbeat;
  readonly websockets: OpenWebsockets;
}

type Report = (call: AnsweredCall) => void;

type Hooked = Pick<RoutedParts, 'gate' | 'load'> & { readonly report: Report };

/** What happens around every request. Fastify gives the routes only the hooks that exist before them. */
function addHooks(app: FastifyInstance, hooked: Hooked): void {
  knowEveryMethod(app);
  const methods = new KnownMethods(app);
  decorateAdmission(app);
  decorateHolds(app);
  reportResponses(app, hooked.report);
  beginRequests(app, { origins: hooked.gate.origins, methods, load: hooked.load });
  handleErrors(app);
  passOverExpectations(app);
}

/** The procedures by REST, tRPC and websockets, and the routes whose bodies are files or forms. */
async function serveApi(options: RoutesOptions, app: FastifyInstance, parts: RoutedParts & { report: Report }) {
  const { env, catalog, store } = options;
  const { router, gate, guard, metering, once, report, heartbeat, websockets } = parts;
  const { maxBodyBytes, maxBodyValues, maxImportBytes, websockets: limits } = env;
  const { transfers } = env.connections;
  const held = new HeldBytes(env.requestBytesPerKey);
  await app.register(anthropicProbesPlugin);
  await app.register(restPlugin, { router, gate, guard, heartbeat, maxBodyValues, held });
  await app.register(exportsPlugin, { gate, store });
  await app.register(importsPlugin, { gate, conversations: store.conversations, maxImportBytes });
  await app.register(audioPlugin, { catalog, ...metering, gate, once, maxBodyBytes, maxBodyValues, held });
  const calls = { router, gate, guard, report, maxBodyBytes, maxBodyValues, held, limits };
  await app.register(trpcPlugin, calls);
  serveWebsockets(app, { ...calls, transfers, websockets });
}

/** Limits connections, and handles what Node hands over beside its requests. */
function guardConnections({ env }: RoutesOptions, { server, log }: FastifyInstance, { gate }: RoutedParts): void {
  server.maxHeadersCount = MAX_HEADERS + 1;
  watchConnections(server, env.connections, gate.proxies, (message) => log.warn(message));
  ignoreUpgrades(server, WEBSOCKET_PATHS);
  refuseTunnels(server);
  stripBasePath(server, env.basePath);
}

async function servePages(options: RoutesOptions, app: FastifyInstance, parts: RoutedParts): Promise<void> {
  const { env, version, catalog, consoleDir, clientFile } = options;
  const { docs, router, observers, gate } = parts;
  const page = new ConsolePage(consoleDir, env.basePath);
  await app.register(consolePlugin, { consoleDir, page, home: createHome(version, catalog.demoNotice) });
  await app.register(clientPackagePlugin, { file: clientFile });
  await app.register(documentationPlugin, { docs, page });
  await app.register(apiReferencePlugin, {
    page,
    basePath: env.basePath,
    makeDocument: () => createOpenApiDocument(router, version),
  });
  await app.register(metricsPlugin, {
    metrics: observers.metrics,
    bearer: env.metricsBearer,
    isLocal: env.isLocal,
    gate,
  });
}

/** Serves every address of the gateway. */
export async function serveRoutes(options: RoutesOptions, app: FastifyInstance, parts: RoutedParts): Promise<void> {
  const report = (call: AnsweredCall) => parts.observers.observer.answered(call);
  addHooks(app, { ...parts, report });
  await serveApi(options, app, { ...parts, report });
  guardConnections(options, app, parts);
  await servePages(options, app, parts);
}
