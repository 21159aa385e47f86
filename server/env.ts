import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { type AlertType, alertTypes } from './observe/alerts/alert.ts';
import type { AlertSettings } from './observe/alerts/receivers.ts';
import { readWebhookSecret } from './observe/alerts/sign-webhook.ts';

const onOff = z.enum(['on', 'off', 'true', 'false']).transform((value) => value === 'on' || value === 'true');
/** `name=value,name=value`, percent-encoded: how OpenTelemetry writes headers. */
const headerList = z.string().transform((text, context) => {
  const pairs = text.split(',').map((pair) => /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(pair));
  if (pairs.some((pair) => pair === null))
    context.addIssue({ code: 'custom', message: 'must be name=value,name=value' });
  return Object.fromEntries(pairs.flatMap((pair) => (pair ? [[pair[1] ?? '', decodeValue(pair[2] ?? '')]] : [])));
});

function decodeValue(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const webUrl = z.url({ protocol: /^https?$/ });

/** A list of names of alerts, or `all`. */
const alertList = z.string().transform((text, context): ReadonlySet<AlertType> => {
  const names = text === 'all' ? [...alertTypes] : text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !alertTypes.some((type) => type === name));
  if (unknown.length > 0) {
    context.addIssue({
      code: 'custom',
      message: `must be a list of ${alertTypes.join(', ')}; not ${unknown.join(', ')}`,
    });
  }
  return new Set(alertTypes.filter((type) => names.includes(type)));
});

const webhookSecret = z.string().transform((text, context): Buffer => {
  const secret = readWebhookSecret(text);
  if (secret === null) context.addIssue({ code: 'custom', message: 'must be whsec_ and the base64 of 24 to 64 bytes' });
  return secret ?? Buffer.alloc(0);
});

const positive = z.coerce.number().int().positive();

/** Every variable that the gateway reads; `.env.example` explains each. An empty value counts as absent. */
const Variables = z.object({
  DUPLEX_URL: webUrl.optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  BASE_PATH: z
    .string()
    .regex(/^(?:\/[\w.~-]+)*\/?$/, 'must be a path such as /llm')
    .default(''),
  API_BEARER: z.string().min(8, 'must have at least 8 characters').optional(),
  RUST_API_BEARER: z.string().min(8, 'must have at least 8 characters').optional(),
  DATA_DIR: z.string().default('data'),
  DATABASE_URL: z
    .string()
    .regex(/^file:./, 'must start with "file:"')
    .optional(),
  RUN_LOG_HOURS: z.coerce.number().positive().max(8_760).default(24),
  IDEMPOTENCY_HOURS: z.coerce.number().positive().max(8_760).default(24),
  IDEMPOTENCY_MAX_BYTES: positive.default(16 * 1024 * 1024),
  RUN_MAX_SECONDS: z.coerce.number().positive().max(86_400).default(3_600),
  RUN_MAX_BYTES: positive.default(64 * 1024 * 1024),
  USAGE_KEEP_DAYS: z.coerce.number().int().min(0).max(36_500).default(0),
  SQLITE_SYNCHRONOUS: z.enum(['NORMAL', 'FULL']).default('NORMAL'),
  MODELS_FILE: z.string().optional(),
  EMBEDDED_MODEL: z.string().optional(),
  EMBEDDED_VARIANT: z.enum(['default', 'cuda', 'vulkan']).default('default'),
  EMBEDDED_THREADS: positive.optional(),
  EMBEDDED_SLOTS: z.coerce.number().int().min(1).max(4).optional(),
  DETECT_LOCAL: onOff.default(true),
  WATCH_MODELS: onOff.default(true),
  CONSOLE_EDITS_MODELS: z.enum(['auto', 'on', 'off']).default('auto'),
  RESERVE_TOKENS: z.coerce.number().int().min(0).max(1_000_000).default(4_096),
  UPSTREAM_RETRIES: z.coerce.number().int().min(0).max(10).default(1),
  MODEL_WAIT_SECONDS: z.coerce.number().min(0).max(3600).default(120),
  CIRCUIT_FAILURES: positive.default(5),
  CIRCUIT_COOLDOWN_SECONDS: z.coerce.number().positive().default(15),
  RATE_LIMIT_PER_SECOND: z.coerce.number().min(0).default(20),
  RATE_LIMIT_BURST: z.coerce.number().min(0).default(100),
  MAX_BODY_BYTES: positive.default(32 * 1024 * 1024),
  MAX_BODY_VALUES: positive.default(100_000),
  MAX_IMPORT_BYTES: positive.default(1024 * 1024 * 1024),
  TRPC_CALLS: positive.max(10_000).default(100),
  WEBSOCKETS_PER_KEY: z.coerce.number().int().min(0).default(100),
  WEBSOCKETS_PER_ADDRESS: z.coerce.number().int().min(0).default(1_000),
  WEBSOCKETS_WITHOUT_KEY: z.coerce.number().int().min(0).default(20),
  WEBSOCKET_KEY_SECONDS: z.coerce.number().positive().default(10),
  HEADERS_TIMEOUT_SECONDS: z.coerce.number().positive().max(3_600).default(20),
  BODY_STALL_SECONDS: z.coerce.number().positive().default(20),
  ANSWER_STALL_SECONDS: z.coerce.number().positive().default(30),
  MIN_BYTES_PER_SECOND: z.coerce.number().min(0).default(1_024),
  CONNECTIONS_WITHOUT_KEY: z.coerce.number().int().min(0).default(512),
  MAX_OPEN_REQUESTS: z.coerce.number().int().min(0).default(10_000),
  SHED_LAG_MS: z.coerce.number().min(0).default(2_000),
  MAX_MEMORY_MB: z.coerce.number().min(0).default(0),
  START_LINK: z.enum(['auto', 'on', 'off']).default('auto'),
  CORS_ORIGINS: z.string().default('*'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  LOG_FORMAT: z.enum(['auto', 'json', 'pretty']).default('auto'),
  LOG_CONTENT: onOff.default(false),
  LOG_REQUESTS: onOff.default(true),
  SLOW_REQUEST_SECONDS: z.coerce.number().positive().default(60),
  OTEL_EXPORTER_OTLP_ENDPOINT: webUrl.optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: z.enum(['http/protobuf', 'http/json']).default('http/protobuf'),
  OTEL_EXPORTER_OTLP_HEADERS: headerList.optional(),
  OTEL_SERVICE_NAME: z.string().default('duplex'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
  TRACE_CONTENT: onOff.default(false),
  ALERT_WEBHOOK_URL: webUrl.optional(),
  ALERT_WEBHOOK_SECRET: webhookSecret.optional(),
  ALERT_SLACK_URL: webUrl.optional(),
  ALERT_EVENTS: alertList.default(new Set(alertTypes.filter((type) => type !== 'run.completed'))),
  ALERT_EVERY_MINUTES: z.coerce.number().min(0).default(60),
  ALERT_BALANCE_USD: z.coerce.number().min(0).default(1),
  ALERT_DISK_MB: z.coerce.number().min(0).default(1_024),
  METRICS_BEARER: z.string().min(8, 'must have at least 8 characters').optional(),
});

/** The names in `Variables`; a test holds `.env.example` to them. */
export const variableNames = Object.keys(Variables.shape);

/** What each is when it is not set; a test holds the tables of limits in the documentation to it. */
export const variableDefaults: Readonly<Record<string, unknown>> = Variables.parse({});

/** How slow a body or an answer may be. */
interface Transfer {
  readonly stallMs: number;
  /** 0: any rate. */
  readonly bytesPerSecond: number;
}

export interface Env {
  readonly host: string;
  readonly port: number;
  /** Whether only this machine can reach the gateway. */
  readonly isLocal: boolean;
  /** Where the command line finds the gateway. */
  readonly gatewayUrl: string;
  /** Below which the gateway is reached, such as `/llm`; empty: none. */
  readonly basePath: string;
  readonly apiBearer: string | undefined;
  readonly dataDir: string;
  readonly databaseUrl: string;
  readonly synchronous: 'NORMAL' | 'FULL';
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
  /** Whether a models file that changes is put into effect by itself. */
  readonly watchModels: boolean;
  /** Whether the administrator may edit the models file through the API. `auto`: only where `isLocal` is true. */
  readonly editsModels: 'auto' | 'on' | 'off';
  readonly rateLimit: { readonly perSecond: number; readonly burst: number };
  /** How many tokens of an answer are reserved at once; 0: all that it may become. */
  readonly reserveTokens: number;
  /** How often a chain that failed as a whole is tried again. */
  readonly upstreamRetries: number;
  /** How long a stream waits for a model that is loading or busy; 0: not at all. */
  readonly modelWaitMs: number;
  readonly circuit: { readonly failures: number; readonly coolDownMs: number };
  /** In bytes. */
  readonly maxBodyBytes: number;
  /** Of a file of conversations. */
  readonly maxImportBytes: number;
  /** Names, texts, objects and lists. */
  readonly maxBodyValues: number;
  /** 0 of the counts of websockets: no limit. */
  readonly websockets: {
    /** The calls of one message or batch, and those under way on one websocket. */
    readonly calls: number;
    readonly perKey: number;
    readonly perAddress: number;
    /** Of one address, without a valid key. */
    readonly withoutKey: number;
    /** How long each of these may be open. */
    readonly keyWithinMs: number;
  };
  /** How long the head of a request may take. */
  readonly headersTimeoutMs: number;
  readonly connections: {
    /** Of one address; 0: any number. */
    readonly withoutKey: number;
    readonly transfers: { readonly body: Transfer; readonly answer: Transfer };
  };
  /** From where on requests to models are refused; 0: no limit. */
  readonly load: {
    readonly openRequests: number;
    readonly lagMs: number;
    readonly memoryBytes: number;
  };
  /** Whether the start prints a link that signs in once. `auto`: on a terminal, where `isLocal` is true. */
  readonly startLink: 'auto' | 'on' | 'off';
  readonly corsOrigins: readonly string[];
  readonly log: {
    readonly level: string;
    /** Whether what was said is logged at `trace`. */
    readonly content: boolean;
    /** `auto`: pretty on a terminal, else JSON. */
    readonly format: 'auto' | 'json' | 'pretty';
    /** Whether requests that went well have a line too. */
    readonly requests: boolean;
    /** From how long on a request is marked as slow. */
    readonly slowMs: number;
  };
  /** Where spans go; null: nowhere, and nothing is traced. */
  readonly traces: {
    readonly endpoint: string;
    readonly protocol: 'http/protobuf' | 'http/json';
    readonly headers: Readonly<Record<string, string>>;
    readonly serviceName: string;
    readonly share: number;
    readonly content: boolean;
  } | null;
  /** Whom the operator has told of what goes wrong; null: nobody. */
  readonly alerts:
    | (AlertSettings & {
        /** A balance below this is low, in micro-USD. */
        readonly lowBalance: number;
        readonly lowDiskMb: number;
      })
    | null;
  /** What scrapers of `/metrics` show. */
  readonly metricsBearer: string | undefined;
  /** A key that the models file names by its variable; undefined when it is not set. */
  secret(name: string): string | undefined;
}

export class EnvError extends Error {}

/** An address to listen on is not always one to connect to. */
function urlOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

function alertsOf(v: z.infer<typeof Variables>): Env['alerts'] {
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
    lowBalance: Math.round(v.ALERT_BALANCE_USD * 1_000_000),
    lowDiskMb: v.ALERT_DISK_MB,
  };
}

/** Reads and checks the environment. Throws `EnvError` naming each variable at fault. */
export function readEnv(source: Readonly<Record<string, string | undefined>>, cwd: string): Env {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = Variables.safeParse(given);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${String(issue.path[0])}: ${issue.message}`);
    throw new EnvError(`The environment is not valid:\n${faults.join('\n')}`);
  }
  const v = parsed.data;
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
    usageKeepDays: v.USAGE_KEEP_DAYS,
    runs: {
      keepMs: v.RUN_LOG_HOURS * 3_600_000,
      keyMs: v.IDEMPOTENCY_HOURS * 3_600_000,
      maxKeptBytes: v.IDEMPOTENCY_MAX_BYTES,
      maxMs: v.RUN_MAX_SECONDS * 1000,
      maxBytes: v.RUN_MAX_BYTES,
    },
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
    rateLimit: { perSecond: v.RATE_LIMIT_PER_SECOND, burst: v.RATE_LIMIT_BURST },
    reserveTokens: v.RESERVE_TOKENS,
    upstreamRetries: v.UPSTREAM_RETRIES,
    modelWaitMs: v.MODEL_WAIT_SECONDS * 1000,
    circuit: { failures: v.CIRCUIT_FAILURES, coolDownMs: v.CIRCUIT_COOLDOWN_SECONDS * 1000 },
    maxBodyBytes: v.MAX_BODY_BYTES,
    maxImportBytes: v.MAX_IMPORT_BYTES,
    maxBodyValues: v.MAX_BODY_VALUES,
    websockets: {
      calls: v.TRPC_CALLS,
      perKey: v.WEBSOCKETS_PER_KEY,
      perAddress: v.WEBSOCKETS_PER_ADDRESS,
      withoutKey: v.WEBSOCKETS_WITHOUT_KEY,
      keyWithinMs: v.WEBSOCKET_KEY_SECONDS * 1000,
    },
    headersTimeoutMs: v.HEADERS_TIMEOUT_SECONDS * 1000,
    connections: {
      withoutKey: v.CONNECTIONS_WITHOUT_KEY,
      transfers: {
        body: { stallMs: v.BODY_STALL_SECONDS * 1000, bytesPerSecond: v.MIN_BYTES_PER_SECOND },
        answer: { stallMs: v.ANSWER_STALL_SECONDS * 1000, bytesPerSecond: v.MIN_BYTES_PER_SECOND },
      },
    },
    load: {
      openRequests: v.MAX_OPEN_REQUESTS,
      lagMs: v.SHED_LAG_MS,
      memoryBytes: v.MAX_MEMORY_MB * 1024 * 1024,
    },
    startLink: v.START_LINK,
    corsOrigins: v.CORS_ORIGINS.split(',').map((origin) => origin.trim()),
    log: {
      level: v.LOG_LEVEL,
      content: v.LOG_CONTENT,
      format: v.LOG_FORMAT,
      requests: v.LOG_REQUESTS,
      slowMs: v.SLOW_REQUEST_SECONDS * 1000,
    },
    traces:
      v.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? null
        : {
            endpoint: v.OTEL_EXPORTER_OTLP_ENDPOINT,
            protocol: v.OTEL_EXPORTER_OTLP_PROTOCOL,
            headers: v.OTEL_EXPORTER_OTLP_HEADERS ?? {},
            serviceName: v.OTEL_SERVICE_NAME,
            share: v.OTEL_TRACES_SAMPLER_ARG,
            content: v.TRACE_CONTENT,
          },
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
