import { expect, test } from 'vitest';
import { ModelsFileError, parseModelsFile } from '../../server/setup/models-file.ts';
import { parseBeside } from '../../server/setup/parse-beside.ts';

const manyModels = (last = '') =>
  [
    'providers:',
    '  box: { kind: openai-compatible, base_url: "http://127.0.0.1:9/v1" }',
    'models:',
    ...Array.from({ length: 2_000 }, (_, i) => `  - { alias: m${i}, backends: [{ provider: box, model: up${i} }] }`),
    last,
  ].join('\n');

/** Counts how often the event loop goes around while something is done. */
async function turnsDuring<T>(work: () => Promise<T>): Promise<{ result: T; turns: number }> {
  let turns = 0;
  let next = setImmediate(function count() {
    turns += 1;
    next = setImmediate(count);
  });
  try {
    const result = await work();
    return { result, turns };
  } finally {
    clearImmediate(next);
  }
}

test('a models file with 2,000 aliases is parsed while the event loop goes on', async () => {
  const text = manyModels();
  const { result, turns } = await turnsDuring(() => parseBeside({ text, name: 'models.yaml' }));
  expect(result).toEqual(parseModelsFile(text, 'models.yaml'));
  expect(turns).toBeGreaterThan(2);
});

test.each([
  ['a value', '  - { alias: last, backends: [{ provider: box, model: 5 }] }'],
  ['the syntax', '  - { alias: last, backends: ['],
])('a fault in %s of a long file is told with its line', async (_, last) => {
  const order = { text: manyModels(last), name: 'models.yaml' };
  const failure: unknown = await parseBeside(order).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ModelsFileError);
  if (!(failure instanceof ModelsFileError)) return;
  expect(failure.message).toContain('models.yaml:2004');
  expect(failure.faults[0]?.line).toBe(2004);
});
