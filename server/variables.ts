import { z } from 'zod';
import { isRange } from './features/access/ip-ranges.ts';
import { type AlertType, alertTypes } from './observe/alerts/alert.ts';
import { readWebhookSecret } from './observe/alerts/sign-webhook.ts';

/** The shortest bearer, in characters. */
export const SHORTEST_BEARER = 8;

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

/** A list of addresses and ranges. */
const rangeList = z.string().transform((text, context): readonly string[] => {
  const ranges = text.split(',').map((range) => range.trim());
  const wrong = ranges.filter((range) => !isRange(range));
  if (wrong.length > 0) {
    const message = `must be addresses and ranges such as 127.0.0.1,10.0.0.0/8; not ${wrong.join(', ')}`;
    context.addIssue({ code: 'custom', message });
  }
  return ranges;
});

const webhookSecret = z.string().transform((text, context): Buffer => {
  const secret = readWebhookSecret(text);
  if (secret === null) context.addIssue({ code: 'custom', message: 'must be whsec_ and the base64 of 24 to 64 bytes' });
  return secret ?? Buffer.alloc(0);
});

const bearer = z.string().min(SHORTEST_BEARER, `must have at least ${SHORTEST_BEARER} characters`);
const positive = z.coerce.number().int().positive();

/** Every variable that the gateway reads; `.env.example` explains each. An empty value counts as absent. */
export const Variables = z.object({
  DUPLEX_URL: webUrl.optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  BASE_PATH: z
    .string()
    .regex(/^(?:\/[\w.~-]+)*\/?$/, 'must be a path such as /llm')
    .default(''),
  API_BEARER: bearer.optional(),
  RUST_API_BEARER: bearer.optional(),
  DATA_DIR: z.string().default('data'),
  DATABASE_URL: z
    .string()
    .regex(/^file:./, 'must start with "file:"')
    .optional(),
  MIN_FREE_DISK_MB: z.coerce.number().min(0).default(64),
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
  ADMIN_READS_CONVERSATIONS: onOff.default(false),
  RESERVE_TOKENS: z.coerce.number().int().min(0).max(1_000_000).default(4_096),
  UPSTREAM_RETRIES: z.coerce.number().int().min(0).max(10).default(1),
  MODEL_WAIT_SECONDS: z.coerce.number().min(0).max(3600).default(120),
  CIRCUIT_FAILURES: positive.default(5),
  CIRCUIT_COOLDOWN_SECONDS: z.coerce.number().positive().default(15),
  RATE_LIMIT_PER_SECOND: z.coerce.number().min(0).default(20),
  RATE_LIMIT_BURST: z.coerce.number().min(0).default(100),
  MAX_BODY_BYTES: positive.default(32 * 1024 * 1024),
  MAX_BODY_VALUES: positive.default(100_000),
  REQUEST_BYTES_PER_KEY: z.coerce
    .number()
    .int()
    .min(0)
    .default(256 * 1024 * 1024),
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
  UNSENT_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(256 * 1024 * 1024),
  CONNECTIONS_WITHOUT_KEY: z.coerce.number().int().min(0).default(512),
  MAX_OPEN_REQUESTS: z.coerce.number().int().min(0).default(10_000),
  SHED_LAG_MS: z.coerce.number().min(0).default(2_000),
  MAX_MEMORY_MB: z.coerce.number().min(0).default(0),
  START_LINK: z.enum(['auto', 'on', 'off']).default('auto'),
  DEMO_ACCESS: z.enum(['auto', 'off']).default('auto'),
  CORS_ORIGINS: z.string().default('*'),
  TRUSTED_PROXIES: rangeList.default([]),
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
  METRICS_BEARER: bearer.optional(),
});
export type Variables = z.infer<typeof Variables>;

/** The names in `Variables`; a test holds `.env.example` to them. */
export const variableNames = Object.keys(Variables.shape);

/** What each is when it is not set; a test holds the tables of limits in the documentation to it. */
export const variableDefaults: Readonly<Record<string, unknown>> = Variables.parse({});
