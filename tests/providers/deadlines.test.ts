import { expect, test } from 'vitest';
import { Deadlines, type Timed } from '../../server/providers/http/deadlines.ts';

/** Something that notes its expiry in `expired`. */
const timedOf = (name: string, deadline: number, expired: string[], onExpire = () => {}): Timed => ({
  deadline,
  slot: -1,
  expire() {
    expired.push(name);
    onExpire();
  },
});

test('an entry that is due expires once; one that was removed or has time left does not', async () => {
  const deadlines = new Deadlines(1);
  const expired: string[] = [];
  const past = performance.now() - 1;
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => timedOf(name, past, expired));
  const later = timedOf('later', performance.now() + 3_600_000, expired);
  for (const timed of [a, later, b, c, d]) if (timed) deadlines.add(timed);
  if (b) deadlines.remove(b);
  if (b) deadlines.remove(b);
  await expect.poll(() => expired.length).toBe(3);
  deadlines.remove(later);
  expect(expired.toSorted()).toEqual(['a', 'c', 'd']);
});

test('an expiry may remove others, and add new ones', async () => {
  const deadlines = new Deadlines(1);
  const expired: string[] = [];
  const past = performance.now() - 1;
  const kept = timedOf('kept', performance.now() + 3_600_000, expired);
  const added = timedOf('added', past, expired);
  const first = timedOf('first', past, expired, () => {
    deadlines.remove(kept);
    deadlines.add(added);
  });
  for (const timed of [kept, first, timedOf('second', past, expired)]) deadlines.add(timed);
  await expect.poll(() => expired.length).toBe(3);
  expect(expired.toSorted()).toEqual(['added', 'first', 'second']);
});
