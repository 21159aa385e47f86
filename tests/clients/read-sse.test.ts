import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSse, type SentEvent } from '../../clients/typescript/src/read-sse.ts';

/** A body that comes in pieces which end at these places. */
function bodyOf(bytes: Uint8Array, ends: readonly number[]): ReadableStream<Uint8Array> {
  const places = [0, ...ends.map((end) => end % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return new ReadableStream({
    start(controller) {
      for (const [i, place] of places.entries()) controller.enqueue(bytes.subarray(place, places[i + 1]));
      controller.close();
    },
  });
}

async function readAll(body: ReadableStream<Uint8Array>): Promise<SentEvent[]> {
  const events: SentEvent[] = [];
  for await (const event of readSse(body)) events.push(event);
  return events;
}

/** A text as JSON has it: without ends of lines of its own. */
const text = fc.string({ unit: 'binary', maxLength: 20 }).map((value) => JSON.stringify(value));

const sent = fc.record({
  id: fc.option(fc.nat().map(String), { nil: undefined }),
  data: fc.array(text, { minLength: 1, maxLength: 3 }),
  comment: fc.boolean(),
});

test('events are read the same wherever their bytes are cut, and whichever line ends they have', async () => {
  const property = fc.asyncProperty(
    fc.array(sent, { maxLength: 6 }),
    fc.constantFrom('\n', '\r\n'),
    fc.array(fc.nat(), { maxLength: 20 }),
    async (events, end, cuts) => {
      const lines = events.flatMap(({ id, data, comment }) => [
        ...(comment ? [': ping', ''] : []),
        ...(id === undefined ? [] : [`id: ${id}`]),
        ...data.map((one) => `data: ${one}`),
        '',
      ]);
      const whole = [...lines, 'data: "cut'].join(end);
      const read = await readAll(bodyOf(new TextEncoder().encode(whole), cuts));
      expect(read).toEqual(events.map(({ id, data }) => ({ id, data: data.join('\n') })));
    },
  );
  await fc.assert(property, { numRuns: 500 });
});
