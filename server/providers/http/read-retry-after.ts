type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** The longest delay that is believed, in seconds: a day. */
const LONGEST_WAIT = 86_400;

const inSeconds = (seconds: number): number | undefined =>
  Number.isFinite(seconds) && seconds >= 0 ? Math.min(Math.ceil(seconds), LONGEST_WAIT) : undefined;

const first = (value: string | string[] | undefined): string | undefined => {
  const text = (Array.isArray(value) ? value[0] : value)?.trim();
  return text === '' ? undefined : text;
};

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/;
const DURATION_PART = /(\d+(?:\.\d+)?)(ms|[smhd])/g;

/** Reads `36.2s` (Google), `6m0s` and `120ms` (OpenAI's `x-ratelimit-reset-*`), or a number of seconds. */
export function readDuration(text: string | undefined): number | undefined {
  if (text === undefined || text.length > 40) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return inSeconds(Number(text));
  if (!DURATION.test(text)) return undefined;
  const parts = [...text.matchAll(DURATION_PART)];
  return inSeconds(parts.reduce((sum, [, count, unit = 's']) => sum + Number(count) * (UNITS[unit] ?? 1), 0));
}

/**
 * How far a date lies ahead, measured by the upstream's own `Date` header when it has one. A date in the past gives 0.
 */
function untilDate(text: string | undefined, headers: Headers): number | undefined {
  const at = text === undefined || text.length > 60 || !/[:T]/.test(text) ? Number.NaN : Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  const told = Date.parse(first(headers.date) ?? '');
  return inSeconds(Math.max(0, at - (Number.isNaN(told) ? Date.now() : told)) / 1000);
}

/** Some vendors send no `Retry-After`, but the time at which each of their limits is reset. */
const RESETS = [
  // https://platform.openai.com/docs/guides/rate-limits: durations.
  ['x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'],
  ['x-ratelimit-remaining-tokens', 'x-ratelimit-reset-tokens'],
  // https://docs.claude.com/en/api/rate-limits: RFC 3339 dates.
  ['anthropic-ratelimit-requests-remaining', 'anthropic-ratelimit-requests-reset'],
  ['anthropic-ratelimit-tokens-remaining', 'anthropic-ratelimit-tokens-reset'],
  ['anthropic-ratelimit-input-tokens-remaining', 'anthropic-ratelimit-input-tokens-reset'],
  ['anthropic-ratelimit-output-tokens-remaining', 'anthropic-ratelimit-output-tokens-reset'],
  // OpenRouter sends the time in milliseconds, many gateways send it in seconds or a number of seconds.
  ['x-ratelimit-remaining', 'x-ratelimit-reset'],
  // Drafts of the IETF (draft-ietf-httpapi-ratelimit-headers) up to the seventh.
  ['ratelimit-remaining', 'ratelimit-reset'],
] as const;

/** Larger numbers are times since 1970: in seconds, and in milliseconds. */
const EPOCH_SECONDS = 1e9;
const EPOCH_MS = 1e12;

/** Reads the reset of a limit: a duration, a number of seconds, a date, or a time since 1970. */
function readReset(text: string | undefined, headers: Headers): number | undefined {
  const at = text !== undefined && /^\d{10,16}(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (at < EPOCH_SECONDS) return readDuration(text) ?? untilDate(text, headers);
  return untilDate(new Date(at < EPOCH_MS ? at * 1000 : at).toISOString(), headers);
}

/** The time until the limits of a `RateLimit` header are reset: `"default";r=0;t=30`, or `limit=9, remaining=0, reset=30`. */
function inRateLimit(text: string | undefined): number | undefined {
  const found = /\b(?:r|remaining)=0\b[^"]{0,60}\b(?:t|reset)=(\d{1,9})\b/.exec(text?.slice(0, 500) ?? '');
  return found ? inSeconds(Number(found[1])) : undefined;
}

/** The time until the exhausted limits are reset. Limits with something remaining do not count. */
function untilReset(headers: Headers): number | undefined {
  const waits = RESETS.flatMap(([remaining, reset]) => {
    if (Number(first(headers[remaining]) ?? Number.NaN) !== 0) return [];
    return readReset(first(headers[reset]), headers) ?? [];
  });
  return waits.length > 0 ? Math.max(...waits) : inRateLimit(first(headers.ratelimit));
}

/** Matches "Please try again in 1m3.2s", "try again in 20 seconds", "retry after 6m0s" and "wait 1 hour and 5 minutes". */
const IN_WORDS =
  /(?:(?:try|retry)(?: again)? (?:in|after)|wait(?: for)?):? ((?:\d+(?:\.\d+)? ?(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)?(?![a-z])(?:,? (?:and )?(?=\d))?){1,4})/i;
const PART_IN_WORDS = /(\d+(?:\.\d+)?) ?(ms|mil|[smhd])?/gi;

function inWords(message: string): number | undefined {
  const found = IN_WORDS.exec(message.slice(0, 2000))?.[1];
  if (!found) return undefined;
  const scale = (unit: string) => UNITS[unit === 'mil' ? 'ms' : unit] ?? 1;
  const parts = [...found.matchAll(PART_IN_WORDS)];
  return inSeconds(parts.reduce((sum, [, count, unit = 's']) => sum + Number(count) * scale(unit.toLowerCase()), 0));
}

/**
 * After how many seconds an upstream wants the next request; undefined when it does not say. Sources are the two forms
 * of `Retry-After` (RFC 9110 §10.2.3), `retry-after-ms` (OpenAI, Azure) and `x-ms-retry-after-ms` (Azure), the headers
 * that say when limits are reset, and the message of the error.
 */
export function readRetryAfter(headers: Headers, message = ''): number | undefined {
  const ms = first(headers['retry-after-ms']) ?? first(headers['x-ms-retry-after-ms']);
  const text = first(headers['retry-after']);
  return (
    (ms === undefined ? undefined : inSeconds(Number(ms) / 1000)) ??
    readDuration(text) ??
    untilDate(text, headers) ??
    untilReset(headers) ??
    inWords(message)
  );
}
