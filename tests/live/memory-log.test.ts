import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { Json } from '../../server/canonical/json.ts';
import { packEvents } from '../../server/canonical/pack-events.ts';
import type { LiveSegment } from '../../server/live/interface/live-runs.ts';
import { MemoryLog } from '../../server/live/memory/memory-log.ts';

interface Event {
  readonly number: number;
  readonly text: string;
}

/** Of one event, in bytes: what it holds does not shrink when it is packed. */
const LARGE = 64 * 1024;

/** A log of 100 events, of which all but the last are on disk, in segments of three. */
function makeLog() {
  const disk: LiveSegment[] = [];
  const asked: number[] = [];
  const log = new MemoryLog<Event>(async (after) => {
    asked.push(after);
    return disk.filter(({ first, count }) => first + count > after + 1).slice(0, 4);
  });
  for (let number = 0; number < 100; number++) {
    log.append([Json.ofValue({ number, text: randomBytes(LARGE / 2).toString('hex') })]);
    const { first, events } = log.tail;
    if (events.length < 3) continue;
    const segment = { first, count: events.length, packed: packEvents(events.map(({ bytes }) => bytes)) };
    disk.push(segment);
    log.settle(segment);
  }
  return { log, disk, asked };
}

async function numbersAfter({ log }: ReturnType<typeof makeLog>, after: number): Promise<number[]> {
  log.finish({ status: 'completed', last: 99 });
  const seen: number[] = [];
  for await (const batch of log.follow(after, new AbortController().signal)) {
    seen.push(...batch.map(({ value }) => value.number));
  }
  return seen;
}

test.each([-1, 0, 1, 2, 50, 90, 98])('who has read event %i gets each later one once, in order', async (after) => {
  const made = makeLog();
  expect(await numbersAfter(made, after)).toEqual(Array.from({ length: 99 - after }, (_, i) => after + 1 + i));
});

test('a log keeps its latest 256 KiB in memory: what is older is read from disk, and what is newer is not', async () => {
  const old = makeLog();
  await numbersAfter(old, -1);
  expect(old.asked.length).toBeGreaterThan(3);
  expect(Math.max(...old.asked)).toBeLessThan(90);
  const late = makeLog();
  await numbersAfter(late, 95);
  expect(late.asked).toEqual([]);
});

test('who is behind in a log that was deleted is told so', async () => {
  const made = makeLog();
  made.disk.splice(0);
  await expect(numbersAfter(made, -1)).rejects.toMatchObject({ code: 'run_log_expired' });
});
