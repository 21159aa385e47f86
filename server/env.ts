import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { LoadLimits } from './features/metering/load-guard.ts';
import { toMicro } from './features/metering/micro-usd.ts';
import type { TransferLimits } from './http/connections/slow-transfers.ts';
import type { WebsocketLimits } from './http/websocket/websocket-limits.ts';
import type { AlertSettings } from './observe/alerts/receivers.ts';
import type { LogFormat } from './observe/open-log.ts';
import type { TraceSettings } from './observe/traces/open-traces.ts';
import { Variables } from './variables.ts';

/** The settings of the gateway. A group of them that one room reads has the shape that the room gives it. */
export interface Env {
  readonly host: string;
  readonly port: number;
  /** Whether only this machine can reach the gateway. */
  readonly isLocal: boolean;
  /** Where the command line finds the gateway. */
  readonly gatewayUrl: string;
  /** The path below which the gateway is reached, such as `/llm`; empty: none. */
  readonly basePath: string;
  readonly apiBearer: string | undefined;
  readonly dataDir: string;
  readonly databaseUrl: string;
  readonly synchronous: 'NORMAL' | 'FULL';
  /** With less free space on the disk of the database, in MB, `/readyz` is unavailable; 0: nobody looks. */
  readonly leastDiskMb: number;
  /** How many whole days the rows of single requests are kept; 0: for ever. */
  readonly usageKeepDays: number;
  readonly runs: {
    /** How long the events of a run are kept after its end. */
    readonly keepMs: number;
    /** How long an idempotency key is kept after its request. */
    readonly keyMs: number;
    /** The largest answer that is kept for a retry alone. */
    readonly maxKeptBytes: number;
    /** How long a run may take, and how many bytes its events may have. */
    readonly maxMs: number;
    readonly maxBytes: number;
  };
  /** Null when no models file is set: the gateway then uses the built-in catalog. */
  readonly modelsFile: string | null;
  readonly embedded: {
    readonly modelPath: string | undefined;
    readonly variant: 'default' | 'cuda' | 'vulkan';
    readonly threads: number | undefined;
    readonly slots: number | undefined;
  };
  readonly detectLocal: boolean;
  /** Whether the gateway reloads the models file when it changes. */
  readonly watchModels: boolean;
  /** Whether the administrator may edit the models file through the API. `auto`: only where `isLocal` is true. */
  readonly editsModels: 'auto' | 'on' | 'off';
  /** Whether the administrator may read the conversations of other owners. */
  readonly adminReadsConversations: boolean;
  readonly rateLimit: { readonly perSecond: number; readonly burst: number };
  /** How many tokens of an answer are reserved at once; 0: all that it may become. */
  readonly reserveTokens: number;
  /** How often a chain that failed as a whole is tried again. */
  readonly upstreamRetries: number;
  /** How long a stream waits for a model that is loading or busy; 0: not at all. */
  readonly modelWaitMs: number;
  readonly circuit: { readonly failures: number; readonly coolDownMs: number };
  /** The longest body, in bytes. */
  readonly maxBodyBytes: number;
  /** How many bytes the requests of one key may have together, from their arrival to their end; 0: any number. */
  readonly requestBytesPerKey: number;
  /** The longest file of conversations, in bytes. */
  readonly maxImportBytes: number;
  /** The most names, texts, objects and lists in a body. */
  readonly maxBodyValues: number;
  readonly websockets: WebsocketLimits;
  /** How long the head of a request may take. */
  readonly headersTimeoutMs: number;
  readonly connections: {
    /** Of one address; 0: any number. */
    readonly withoutKey: number;
    readonly transfers: TransferLimits;
    /** Of all connections together; 0: any number. */
    readonly unsentBytes: number;
  };
  /** From where on requests to models are refused. */
  readonly load: LoadLimits;
  /** Whether the start prints a link that signs in once. `auto`: on a terminal, where `isLocal` is true. */
  readonly startLink: 'auto' | 'on' | 'off';
  /** Whether browsers on this machine need no key in demo mode. `auto`: only where `isLocal` is true. */
  readonly demoAccess: 'auto' | 'off';
  readonly corsOrigins: readonly string[];
  /** Addresses and ranges of the proxies that are believed when they name their client. */
  readonly trustedProxies: readonly string[];
  readonly log: {
    readonly level: string;
    /** Whether what was said is logged at `trace`. */
    readonly content: boolean;
    readonly format: LogFormat;
    /** Whether requests that went well have a line too. */
    readonly requests: boolean;
    /** From how long on a request is marked as slow. */
    readonly slowMs: number;
  };
  /** Where spans go; null: nowhere, and nothing is traced. */
  readonly traces: TraceSettings | null;
  /** Who receives alerts; null: nobody. */
  readonly alerts:
    | (AlertSettings & {
        /** A balance below this is low, in micro-USD. */
        readonly lowBalance: number;
        readonly lowDiskMb: number;
      })
    | null;
  /** The bearer with which `/metrics` is scraped. */
  readonly metricsBearer: string | undefined;
  /** A key that the models file names by its variable; undefined when it is not set. */
  secret(name: string): string | undefined;
}

export class EnvError extends Error {}

/** The path of the database's file. */
export const databaseFileOf = ({ databaseUrl }: Pick<Env, 'databaseUrl'>): string =>
  resolve(databaseUrl.slice('file:'.length));

/** An address to listen on is not always one to connect to. */
function urlOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

function alertsOf(v: Variables): Env['alerts'] {
  const { ALERT_WEBHOOK_URL: url, ALERT_WEBHOOK_SECRET: secret, ALERT_SLACK_URL: slackUrl = null } = v;
  if (url !== undefined && secret === undefined) {
    throw new EnvError('ALERT_WEBHOOK_URL needs ALERT_WEBHOOK_SECRET: whsec_ and the base64 of 24 to 64 bytes.');
  }
  const webhook = url !== undefined && secret !== undefined ? { url, secret } : null;
  if (!webhook && slackUrl === null) return null;
  return {
    webhook,
    slackUrl,
    types: v.ALERT_EVENTS,
    everyMs: v.ALERT_EVERY_MINUTES * 60_000,
    lowBalance: toMicro(v.ALERT_BALANCE_USD),
    lowDiskMb: v.ALERT_DISK_MB,
  };
}

function tracesOf(v: Variables): TraceSettings | null {
  if (v.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return null;
  return {
    endpoint: v.OTEL_EXPORTER_OTLP_ENDPOINT,
    protocol: v.OTEL_EXPORTER_OTLP_PROTOCOL,
    headers: v.OTEL_EXPORTER_OTLP_HEADERS ?? {},
    serviceName: v.OTEL_SERVICE_NAME,
    share: v.OTEL_TRACES_SAMPLER_ARG,
    content: v.TRACE_CONTENT,
  };
}

const runsOf = (v: Variables): Env['runs'] => ({
  keepMs: v.RUN_LOG_HOURS * 3_600_000,
  keyMs: v.IDEMPOTENCY_HOURS * 3_600_000,
  maxKeptBytes: v.IDEMPOTENCY_MAX_BYTES,
  maxMs: v.RUN_MAX_SECONDS * 1000,
  maxBytes: v.RUN_MAX_BYTES,
});

const websocketsOf = (v: Variables): Env['websockets'] => ({
  calls: v.TRPC_CALLS,
  perKey: v.WEBSOCKETS_PER_KEY,
  perAddress: v.WEBSOCKETS_PER_ADDRESS,
  withoutKey: v.WEBSOCKETS_WITHOUT_KEY,
  keyWithinMs: v.WEBSOCKET_KEY_SECONDS * 1000,
});

const connectionsOf = (v: Variables): Env['connections'] => ({
  withoutKey: v.CONNECTIONS_WITHOUT_KEY,
  transfers: {
    body: { stallMs: v.BODY_STALL_SECONDS * 1000, bytesPerSecond: v.MIN_BYTES_PER_SECOND },
    answer: { stallMs: v.ANSWER_STALL_SECONDS * 1000, bytesPerSecond: v.MIN_BYTES_PER_SECOND },
  },
  unsentBytes: v.UNSENT_BYTES,
});

const loadOf = (v: Variables): Env['load'] => ({
  openRequests: v.MAX_OPEN_REQUESTS,
  lagMs: v.SHED_LAG_MS,
  memoryBytes: v.MAX_MEMORY_MB * 1024 * 1024,
});

const logOf = (v: Variables): Env['log'] => ({
  level: v.LOG_LEVEL,
  content: v.LOG_CONTENT,
  format: v.LOG_FORMAT,
  requests: v.LOG_REQUESTS,
  slowMs: v.SLOW_REQUEST_SECONDS * 1000,
});

/** Throws `EnvError`, which names each variable at fault. */
function parseVariables(source: Readonly<Record<string, string | undefined>>): Variables {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = Variables.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `  ${String(issue.path[0])}: ${issue.message}`);
  throw new EnvError(`The environment is not valid:\n${faults.join('\n')}`);
}

/** Reads and checks the environment. Throws `EnvError`. */
export function readEnv(source: Readonly<Record<string, string | undefined>>, cwd: string): Env {
  const v = parseVariables(source);
  const dataDir = resolve(cwd, v.DATA_DIR);
  const defaultModels = resolve(cwd, 'models.yaml');
  const modelsFile = v.MODELS_FILE ? resolve(cwd, v.MODELS_FILE) : existsSync(defaultModels) ? defaultModels : null;
  return {
    host: v.HOST,
    port: v.PORT,
    isLocal: /^(127\.|::1$|localhost$)/.test(v.HOST),
    gatewayUrl: (v.DUPLEX_URL ?? urlOf(v.HOST, v.PORT)).replace(/\/+$/, ''),
    basePath: v.BASE_PATH.replace(/\/+$/, ''),
    apiBearer: v.API_BEARER ?? v.RUST_API_BEARER,
    dataDir,
    databaseUrl: v.DATABASE_URL ?? `file:${join(dataDir, 'duplex.db')}`,
    synchronous: v.SQLITE_SYNCHRONOUS,
    leastDiskMb: v.MIN_FREE_DISK_MB,
    usageKeepDays: v.USAGE_KEEP_DAYS,
    runs: runsOf(v),
    modelsFile,
    embedded: {
      modelPath: v.EMBEDDED_MODEL && resolve(cwd, v.EMBEDDED_MODEL),
      variant: v.EMBEDDED_VARIANT,
      threads: v.EMBEDDED_THREADS,
      slots: v.EMBEDDED_SLOTS,
    },
    detectLocal: v.DETECT_LOCAL,
    watchModels: v.WATCH_MODELS,
    editsModels: v.CONSOLE_EDITS_MODELS,
    adminReadsConversations: v.ADMIN_READS_CONVERSATIONS,
    rateLimit: { perSecond: v.RATE_LIMIT_PER_SECOND, burst: v.RATE_LIMIT_BURST },
    reserveTokens: v.RESERVE_TOKENS,
    upstreamRetries: v.UPSTREAM_RETRIES,
    modelWaitMs: v.MODEL_WAIT_SECONDS * 1000,
    circuit: { failures: v.CIRCUIT_FAILURES, coolDownMs: v.CIRCUIT_COOLDOWN_SECONDS * 1000 },
    maxBodyBytes: v.MAX_BODY_BYTES,
    requestBytesPerKey: v.REQUEST_BYTES_PER_KEY,
    maxImportBytes: v.MAX_IMPORT_BYTES,
    maxBodyValues: v.MAX_BODY_VALUES,
    websockets: websocketsOf(v),
    headersTimeoutMs: v.HEADERS_TIMEOUT_SECONDS * 1000,
    connections: connectionsOf(v),
    load: loadOf(v),
    startLink: v.START_LINK,
    demoAccess: v.DEMO_ACCESS,
    corsOrigins: v.CORS_ORIGINS.split(',').map((origin) => origin.trim()),
    trustedProxies: v.TRUSTED_PROXIES,
    log: logOf(v),
    traces: tracesOf(v),
    alerts: alertsOf(v),
    metricsBearer: v.METRICS_BEARER,
    secret: (name) => source[name] || undefined,
  };
}

/** The process's own environment, with `.env` of the working directory below it. */
export function loadEnv(): Env {
  const file = resolve('.env');
  try {
    if (existsSync(file)) process.loadEnvFile(file);
  } catch (cause) {
    throw new EnvError(
      `${file} cannot be read. Give the user that runs the gateway the right to it, or take it away.`,
      {
        cause,
      },
    );
  }
  return readEnv(process.env, process.cwd());
}
