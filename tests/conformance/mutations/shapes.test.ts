import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DialectGateway, startDialects } from '../../support/start-dialects.ts';
import type { DialectName } from '../../support/upstream/dialects/dialect.ts';
import type { SaidCall } from './said.ts';
import { playShape, promptOf, type Shape, shapes } from './shapes.ts';
import { ask, surfaces } from './surfaces.ts';

const dialects: readonly DialectName[] = ['vllm', 'llamacpp', 'ollama', 'openai-responses', 'anthropic', 'gemini'];

let gateway: DialectGateway;
beforeAll(async () => {
  gateway = await startDialects(dialects, { upstream: { fallback: playShape, unchecked: true } });
});
afterAll(() => gateway.close());

const parsed = (calls: readonly SaidCall[]) =>
  calls.map(({ name, arguments: text }) => ({ name, arguments: JSON.parse(text) as unknown }));

/** Asks for a shape on a surface, and once more in the same conversation. */
async function read(shape: Shape, model: DialectName, stream: boolean, surface: (typeof surfaces)[number]) {
  const question = { model, prompt: promptOf(shape), stream, unstored: true };
  const { said, conversation } = await ask(gateway, surface, question);
  const where = `${model} ${stream ? 'stream' : 'json'} on ${surface}`;
  expect({ where, ...said, calls: parsed(said.calls) }).toEqual({
    ...{ where, text: shape.text ?? '', calls: parsed(shape.calls ?? []), error: null, faults: [] },
  });
  if (conversation === null) return;
  const body = { model, message: 'Go on.', conversation_id: conversation };
  expect({ where, status: (await gateway.call('POST', '/c1/chat', body)).status }).toEqual({ where, status: 200 });
}

describe.each(shapes)('$name', (shape) => {
  test.each(dialects)('is read as it was meant, from %s', { timeout: 120_000 }, async (dialect) => {
    for (const stream of [false, true]) {
      if (shape.only?.(dialect, stream) === false) continue;
      for (const surface of surfaces) await read(shape, dialect, stream, surface);
    }
  });
});
