import { expect, test } from 'vitest';
import type { ChatDelta } from '../../contracts/chat/completion.ts';
import { ChunkCollector } from '../../server/providers/chunk-collector.ts';
import { ChunkWriter } from '../../server/providers/chunk-writer.ts';

function messageOf(...deltas: ChatDelta[]) {
  const writer = new ChunkWriter('m');
  const collector = new ChunkCollector();
  for (const delta of deltas) collector.add(writer.delta(delta));
  return collector.completion.choices[0]?.message;
}

const detail = (fields: object) => ({ reasoning_details: [{ id: 'rs_1', format: 'x', ...fields }] });

test('pieces of one reasoning detail are joined, and nothing else is', () => {
  const first = detail({ type: 'reasoning.summary', summary: 'Hm', index: 0 });
  const message = messageOf(
    first,
    detail({ type: 'reasoning.summary', summary: ', well', index: 0 }),
    detail({ type: 'reasoning.summary', summary: 'So', index: 1 }),
    detail({ type: 'reasoning.text', text: 'a', index: 2 }),
    detail({ type: 'reasoning.text', signature: 's', index: 2 }),
    detail({ type: 'reasoning.encrypted', data: 'one' }),
    detail({ type: 'reasoning.encrypted', data: 'two' }),
  );
  expect(message?.reasoning_details).toEqual([
    { id: 'rs_1', format: 'x', type: 'reasoning.summary', summary: 'Hm, well', index: 0 },
    { id: 'rs_1', format: 'x', type: 'reasoning.summary', summary: 'So', index: 1 },
    { id: 'rs_1', format: 'x', type: 'reasoning.text', text: 'a', signature: 's', index: 2 },
    { id: 'rs_1', format: 'x', type: 'reasoning.encrypted', data: 'one' },
    { id: 'rs_1', format: 'x', type: 'reasoning.encrypted', data: 'two' },
  ]);
  // The chunks are the client's: they stay as they came.
  expect(first.reasoning_details).toEqual([
    { id: 'rs_1', format: 'x', type: 'reasoning.summary', summary: 'Hm', index: 0 },
  ]);
});

test('the call of a custom tool has no function', () => {
  const call = { id: 'call_1', type: 'custom', custom: { name: 'sql', input: 'select 1' } };
  expect(messageOf({ tool_calls: [{ index: 0, ...call }] })?.tool_calls).toEqual([call]);
});
