import { expect, test } from 'vitest';
import type { ChatDelta } from '../../contracts/chat/completion.ts';
import { ChunkCollector } from '../../server/canonical/chunk-collector.ts';
import { ChunkWriter } from '../../server/canonical/chunk-writer.ts';

function collect(deltas: readonly ChatDelta[], native?: string) {
  const writer = new ChunkWriter('m', 'id');
  const collector = new ChunkCollector();
  for (const delta of deltas) collector.add(writer.delta(delta));
  const { started } = collector;
  collector.add(writer.finish('stop', native));
  return { started, choice: collector.completion.choices[0] };
}

const format = 'anthropic-claude-v1';
const text = (index: number, piece: string) => ({ type: 'reasoning.text', text: piece, format, index });

test('pieces of reasoning with one index and type are one entry: texts joined, the signature kept', () => {
  const { choice } = collect([
    { reasoning_details: [text(0, 'Hm,')] },
    { reasoning_details: [text(0, ' well.'), text(1, 'And')] },
    { reasoning_details: [{ type: 'reasoning.text', signature: 'c2ln', format, index: 0 }] },
    { reasoning_details: [{ ...text(1, ' so.'), signature: null }] },
    { reasoning_details: [{ type: 'reasoning.encrypted', data: 'eA', format, index: 1 }] },
    { content: 'Yes.' },
  ]);
  expect(choice?.message.reasoning_details).toEqual([
    { ...text(0, 'Hm, well.'), signature: 'c2ln' },
    text(1, 'And so.'),
    { type: 'reasoning.encrypted', data: 'eA', format, index: 1 },
  ]);
});

test('pieces without an index stay apart, and values that are not details are left out', () => {
  const whole = { type: 'reasoning.text', text: 'a' };
  const { choice } = collect([{ reasoning_details: [whole, whole, 'x', { text: 'b' }, { ...whole, index: 'one' }] }]);
  expect(choice?.message.reasoning_details).toEqual([whole, whole]);
});

test('an answer of which only a signature of reasoning came has begun', () => {
  expect(collect([{ reasoning_details: [text(0, 'a')] }]).started).toBe(true);
  expect(collect([{ role: 'assistant', content: '' }]).started).toBe(false);
});

test("the vendor's own finish reason stays", () => {
  expect(collect([], 'end_turn').choice).toMatchObject({ finish_reason: 'stop', native_finish_reason: 'end_turn' });
  expect(collect([]).choice).not.toHaveProperty('native_finish_reason');
});

const messageOf = (...deltas: ChatDelta[]) => collect(deltas).choice?.message;

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
