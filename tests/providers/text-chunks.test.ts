import { expect, test } from 'vitest';
import { ChunkShaper } from '../../server/canonical/chunk-shaper.ts';
import { OfferedTools } from '../../server/canonical/offered-tools.ts';
import { StreamReader } from '../../server/providers/http/read-stream.ts';
import { createChoiceRepair } from '../../server/providers/openai-compatible/adapt-answer.ts';
import { ChunkSource } from '../../server/providers/openai-compatible/chunk-source.ts';

const TEXTS = [
  ...[
    'Hello',
    ' world',
    '',
    '"',
    '\\',
    '\\"',
    '"}',
    'a\\',
    '\n',
    'ü',
    '🦊',
    'x'.repeat(500),
    'y'.repeat(9_000),
    '","usage":{',
  ],
  ...['"content":"', 'data: [DONE]', '\u2028', '{"error":{}}', 'end'],
];

const chunkOf = (content: string, rest: object = {}) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'theirs',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
  ...rest,
});

const openReader = () => {
  const tools = new OfferedTools(() => []);
  const shaper = new ChunkShaper({ choices: () => 1, tools, repair: createChoiceRepair({}) });
  return new StreamReader(new ChunkSource('ours', 'content', shaper));
};

const frame = (chunk: object) => `data: ${JSON.stringify(chunk)}\n\n`;

/** What comes out for these bytes, which arrive in pieces of that size. */
function read(bytes: Buffer, size: number): unknown[] {
  const reader = openReader();
  const seen: unknown[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    for (const chunk of reader.read([bytes.subarray(at, at + size)])) seen.push(JSON.parse(chunk.bytes.toString()));
  }
  return seen;
}

test.each([1, 7, 64, 1_000, 1_000_000])('chunks of text come out as they came, %i bytes at a time', (size) => {
  const chunks = TEXTS.map((text) => chunkOf(text));
  const last = { ...chunkOf('.'), choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
  const bytes = Buffer.from(`${[...chunks, last].map(frame).join('')}data: [DONE]\n\n`);
  expect(read(bytes, size)).toEqual([...chunks, last].map((chunk) => ({ ...chunk, model: 'ours' })));
});

test('a chunk that looks like the ones before but holds more is parsed', () => {
  const bytes = [
    frame(chunkOf('one')),
    frame(chunkOf('two')),
    frame(chunkOf('three', { usage: { prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 } })),
    frame({ ...chunkOf(''), choices: [{ index: 0, delta: { content: 'x', reasoning: 'y' }, finish_reason: null }] }),
  ].join('');
  const seen = read(Buffer.from(bytes), 10_000);
  expect(seen[2]).toMatchObject({ usage: { total_tokens: 4 } });
  expect(seen[3]).toMatchObject({ choices: [{ delta: { content: 'x', reasoning: 'y', reasoning_content: 'y' } }] });
  const failing = `${frame(chunkOf('one'))}${frame(chunkOf('two'))}${frame({ error: { message: 'no' } })}`;
  const reader = openReader();
  expect(reader.read([Buffer.from(failing)])).toHaveLength(2);
  expect(() => reader.read(null)).toThrow();
});
