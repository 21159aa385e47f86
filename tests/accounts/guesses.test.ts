import { request } from 'node:http';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { StartCode } from '../../server/features/access/start-code.ts';
import { createKey } from '../support/create-key.ts';
import { bearer, type Gateway, startGateway } from '../support/start-gateway.ts';

/** More guesses than one address may make at once. */
const MANY = 40;

let gateway: Gateway;
afterEach(async () => {
  vi.restoreAllMocks();
  await gateway.close();
});

/** The status of a request from another address of this machine. */
function ask(path: string, key: string | null, localAddress = '127.0.0.1'): Promise<number> {
  const headers = key === null ? {} : { authorization: `Bearer ${key}` };
  return new Promise((resolve, reject) => {
    request(gateway.url + path, { headers, localAddress }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    })
      .once('error', reject)
      .end();
  });
}

async function guess(path: (i: number) => string, key: (i: number) => string | null): Promise<ReadonlySet<number>> {
  // A bucket that refills while this test is slow would let a guess in.
  const now = performance.now();
  vi.spyOn(performance, 'now').mockReturnValue(now);
  const seen = new Set<number>();
  for (let i = 0; i < MANY; i++) seen.add(await ask(path(i), key(i)));
  return seen;
}

describe('who guesses too often is told so, whatever is guessed:', () => {
  test.each<[string, (i: number) => string, (i: number) => string | null]>([
    ['keys', () => '/api/self', (i) => `sk-guess-${i}`],
    ['client tokens', () => '/api/self', (i) => `dct-${i}.${'x'.repeat(43)}`],
    ['codes of start links', (i) => `/api/start?code=guess-${i}`, () => null],
    [
      'codes of start links over tRPC',
      (i) => `/trpc/api.start?input=${encodeURIComponent(`{"code":"${i}"}`)}`,
      () => null,
    ],
    ['the bearer of metrics', () => '/metrics', (i) => `metrics-guess-${i}`],
  ])('%s', async (_what, path, key) => {
    gateway = await startGateway({ startCode: new StartCode(bearer), env: { METRICS_BEARER: 'metrics-bearer-1' } });
    expect(await guess(path, key)).toEqual(new Set([401, 429]));
    // Guesses of one kind count for all kinds.
    expect(await ask('/api/self', 'sk-one-more')).toBe(429);
    // Other addresses, and requests without any secret, are not concerned.
    expect(await ask('/api/self', 'sk-one-more', '127.0.0.2')).toBe(401);
    expect(await ask('/healthz', null)).toBe(200);
  });
});

describe('at an address that guesses too often', () => {
  const flood = () =>
    guess(
      () => '/api/self',
      (i) => `sk-guess-${i}`,
    );

  test('a bearer that is a word is refused, so that guessing it is no use; elsewhere it is let in', async () => {
    const word = 'correct-horse';
    gateway = await startGateway({ env: { API_BEARER: word } });
    await flood();
    expect(await ask('/api/self', word)).toBe(429);
    expect(await ask('/api/self', word, '127.0.0.2')).toBe(200);
  });

  test('a bearer that is a word is let in when it was used from there before', async () => {
    const word = 'correct-horse';
    gateway = await startGateway({ env: { API_BEARER: word } });
    expect(await ask('/api/self', word)).toBe(200);
    await flood();
    expect(await ask('/api/self', word)).toBe(200);
  });

  test('keys and long bearers are let in, since nobody can guess them', async () => {
    gateway = await startGateway();
    const { key } = await createKey(gateway);
    await flood();
    expect(await ask('/api/self', key)).toBe(200);
    expect(await ask('/api/self', bearer)).toBe(200);
  });
});
