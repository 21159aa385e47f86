import { statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Readiness } from '../../contracts/system/health.ts';
import { mountSmall } from '../support/mount-small.ts';
import { startGateway } from '../support/start-gateway.ts';

const models = 'providers: { up: { kind: openai-compatible, base_url: "http://127.0.0.1:9/v1" } }\nmodels: []\n';

async function readinessOf(env: Record<string, string>) {
  const gateway = await startGateway({ models, env });
  onTestFinished(() => gateway.close());
  return async () => {
    const answer = await fetch(`${gateway.url}/readyz`);
    return { http: answer.status, ...Readiness.parse(await answer.json()) };
  };
}

const small = (folder: string) => ({ DATABASE_URL: `file:${join(folder, 'duplex.db')}`, MIN_FREE_DISK_MB: '20' });

test('/readyz is unavailable, and says why, when the disk has less room than it should', async () => {
  const ready = await readinessOf({ MIN_FREE_DISK_MB: '1000000000' });
  expect(await ready()).toMatchObject({
    http: 503,
    status: 'unavailable',
    database: { status: 'down', detail: expect.stringMatching(/^Only \d+ MB are free .* MIN_FREE_DISK_MB/) },
  });
});

test('0 means that nobody looks', async () => {
  const ready = await readinessOf({ MIN_FREE_DISK_MB: '0' });
  expect(await ready()).toMatchObject({ http: 200, database: { status: 'up' } });
});

test('a disk that fills up is told before a write fails, and one that was cleared is ready again', async (context) => {
  const folder = mountSmall();
  if (folder === null) return context.skip();
  const ready = await readinessOf(small(folder));
  expect(await ready()).toMatchObject({ http: 200, database: { status: 'up' } });
  const ballast = join(folder, 'ballast');
  writeFileSync(ballast, Buffer.alloc(25 * 1024 * 1024));
  await expect.poll(ready).toMatchObject({ http: 503, status: 'unavailable' });
  // There is room for writes still.
  const { bavail, bsize } = statfsSync(folder);
  expect(bavail * bsize).toBeGreaterThan(1024 * 1024);
  writeFileSync(ballast, '');
  await expect.poll(ready).toMatchObject({ http: 200, database: { status: 'up' } });
});
