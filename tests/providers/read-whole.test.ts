import { expect, test } from 'vitest';
import { Json } from '../../server/canonical/json.ts';
import { type EventSource, readWhole, StreamReader } from '../../server/providers/http/read-stream.ts';

/** Takes every event for a token. */
const source: EventSource<object> = {
  added: true,
  ended: false,
  read: (payload) => [Json.ofValue({ text: payload.toString() })],
  end: () => [],
  rest: () => [],
};

test('a stream of a megabyte in place of one answer is read while the event loop goes on', async () => {
  let turns = 0;
  let next = setImmediate(function count() {
    turns += 1;
    next = setImmediate(count);
  });
  const events = 16 * 1024;
  const body = Buffer.from(`data: ${'x'.repeat(56)}\n\n`.repeat(events));
  let read = 0;
  for await (const batch of readWhole(new StreamReader(source), body)) read += batch.length;
  clearImmediate(next);
  expect(read).toBe(events);
  expect(turns).toBeGreaterThan(10);
});
