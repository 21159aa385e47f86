import { describe, expect, test } from 'vitest';
import { AppError } from '../../server/errors/app-error.ts';
import { countsAgainstBackend } from '../../server/features/routing/judge-failure.ts';
import { readErrorEvent, successOf } from '../../server/providers/http/read-error.ts';
import { type FailureSample, failureSamples } from './failure-samples.ts';
import { reportedFailures } from './reported-failures.ts';

const samples = [...failureSamples, ...reportedFailures];

/** What the gateway makes of a failure. */
function read({ status, headers = {}, body }: FailureSample): AppError {
  if (status === null) return readErrorEvent(body);
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  try {
    successOf({ status, headers, body: bytes });
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('The failure was taken for a success.');
}

describe('what servers say about a failure', () => {
  test.each(samples)('$server, status $status: $means', (sample) => {
    const error = read(sample);
    expect([error.code, error.param, error.retryAfter]).toEqual([
      sample.means,
      sample.param ?? null,
      sample.retryAfter,
    ]);
  });

  test.each(samples.filter(({ means, body }) => means === 'upstream_rejected' && !/^<html/.test(String(body))))(
    '$server: the client reads the words of the upstream, and its fault does not count against the backend',
    (sample) => {
      const error = read(sample);
      expect(JSON.stringify(sample.body)).toContain(JSON.stringify(error.message));
      expect(countsAgainstBackend(error)).toBe(false);
    },
  );

  test('a length in characters is not reported as tokens', () => {
    const sample = failureSamples.find(({ body }) => JSON.stringify(body).includes('45050 characters'));
    expect(sample && read(sample).message).toBe(
      "This model's maximum context length is 512 tokens. The prompt is longer.",
    );
  });
});

const inputReset = (at: string) => ({ 'anthropic-ratelimit-input-tokens-reset': at });

describe('Retry-After', () => {
  const date = 'Sat, 28 Nov 2026 12:00:00 GMT';
  const body = { error: { message: 'slow down', type: 'rate_limit_error' } };
  test.each([
    ['whole seconds', { 'retry-after': '12' }, 12],
    ['a fraction of a second', { 'retry-after': '0.25' }, 1],
    ['an HTTP date', { 'retry-after': 'Sat, 28 Nov 2026 12:01:30 GMT', date }, 90],
    ['an RFC 850 date', { 'retry-after': 'Saturday, 28-Nov-26 12:00:20 GMT', date }, 20],
    ['an asctime date', { 'retry-after': 'Sat Nov 28 12:00:20 2026 GMT', date }, 20],
    ['a date that is over', { 'retry-after': 'Sat, 28 Nov 2026 11:00:00 GMT', date }, 0],
    ['a duration', { 'retry-after': '1m30s' }, 90],
    ['milliseconds', { 'retry-after-ms': '1500' }, 2],
    ['more than a day', { 'retry-after': '999999999' }, 86_400],
    ['a negative number', { 'retry-after': '-5' }, undefined],
    ['a word', { 'retry-after': 'soon' }, undefined],
    ['an endless number', { 'retry-after': '9'.repeat(400) }, undefined],
  ])('%s is understood, of 503 as of 429', (_, headers, seconds) => {
    for (const status of [429, 503]) {
      const sample: FailureSample = { server: 'any', status, headers, body, means: 'upstream_unavailable' };
      expect(read(sample).retryAfter).toBe(seconds);
    }
  });

  const now = Date.parse(date);
  const spent = { 'x-ratelimit-remaining': '0', date };
  test.each([
    ['in seconds since 1970', { ...spent, 'x-ratelimit-reset': String(now / 1000 + 40) }, 40],
    ['in milliseconds since 1970', { ...spent, 'x-ratelimit-reset': String(now + 40_000) }, 40],
    ['in seconds', { 'ratelimit-remaining': '0', 'ratelimit-reset': '33' }, 33],
    ['in a list of policies', { ratelimit: '"default";r=0;t=30' }, 30],
    ['in a list of fields', { ratelimit: 'limit=100, remaining=0, reset=31' }, 31],
    [
      'of tokens',
      { 'anthropic-ratelimit-input-tokens-remaining': '0', date, ...inputReset('2026-11-28T12:00:45Z') },
      45,
    ],
    ['in milliseconds of Azure', { 'x-ms-retry-after-ms': '1500' }, 2],
    ['of a limit that is not reached', { ratelimit: '"default";r=5;t=30', 'x-ratelimit-reset': '9' }, undefined],
  ])('is read from a limit that is reset %s', (_, headers, seconds) => {
    const sample: FailureSample = { server: 'any', status: 429, headers, body, means: 'model_quota_exhausted' };
    expect(read(sample).retryAfter).toBe(seconds);
  });

  test.each([
    ['Please try again in 1m3.2s. Visit our site.', 64],
    ['Rate limited, retry after 2 minutes', 120],
    ['Please wait 1 hour and 5 minutes.', 3_900],
    ['Try again in 340 milliseconds', 1],
    ['Please try again in 1h2m.', 3_720],
    ['try again later', undefined],
  ])('is read from the words "%s"', (message, seconds) => {
    const sample: FailureSample = {
      server: 'any',
      status: 429,
      body: { error: { message } },
      means: 'model_quota_exhausted',
    };
    expect(read(sample).retryAfter).toBe(seconds);
  });
});
