import { expect, test } from 'vitest';
import { SharedRuns } from '../../server/setup/shared-runs.ts';

test('requests that come before a run begins share it; one that comes later gets the next', async () => {
  let count = 0;
  const runs = new SharedRuns(() => ++count);
  const first = Array.from({ length: 100 }, () => runs.run());
  expect(count).toBe(0);
  expect(new Set(await Promise.all(first))).toEqual(new Set([1]));
  const second = Array.from({ length: 100 }, () => runs.run());
  expect(new Set(await Promise.all(second))).toEqual(new Set([2]));
  expect(count).toBe(2);
});

test('a request that comes out of a run gets a run of its own', async () => {
  const results: Promise<number>[] = [];
  let count = 0;
  const runs: SharedRuns<number> = new SharedRuns(() => {
    count += 1;
    if (count === 1) results.push(runs.run());
    return count;
  });
  expect(await runs.run()).toBe(1);
  expect(await Promise.all(results)).toEqual([2]);
});

test('a run that fails fails for all who share it, and the next one is a new try', async () => {
  let fails = true;
  const runs = new SharedRuns(() => {
    if (fails) throw new Error('no');
    return 'yes';
  });
  const shared = await Promise.allSettled([runs.run(), runs.run()]);
  expect(shared.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  expect(await runs.run()).toBe('yes');
});

test('settle waits for the run that is to come, also when it fails', async () => {
  let ran = false;
  const runs = new SharedRuns(() => {
    ran = true;
    throw new Error('no');
  });
  const failed = expect(runs.run()).rejects.toThrow('no');
  await runs.settle();
  expect(ran).toBe(true);
  await failed;
  await runs.settle();
});

test('a run that takes its time is not joined by the next one', async () => {
  let running = 0;
  let most = 0;
  const runs = new SharedRuns(async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
  });
  const first = runs.run();
  await new Promise(setImmediate);
  await Promise.all([first, runs.run()]);
  expect(most).toBe(1);
});
