import { afterEach, expect, test, vi } from 'vitest';
import { newRequestId } from '../../server/features/access/request-id.ts';
import { newId } from '../../server/store/ids.ts';

afterEach(() => vi.useRealTimers());

test.each([
  ['requests', newRequestId],
  ['messages', () => newId('msg')],
])('ids of %s grow, also while a clock that was set back stands still', (_what, next) => {
  let last = next();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
  for (let i = 0; i < 150_000; i++) {
    const id = next();
    if (id <= last || id.length !== last.length) throw new Error(`${id} after ${last}`);
    last = id;
  }
  expect(last).toMatch(/^\w+_[0-9a-f]+$/);
});
