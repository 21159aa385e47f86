import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { ChatCompletion } from '../../contracts/chat/completion.ts';
import { ConversationList } from '../../contracts/conversations/conversation.ts';
import { EmbeddingResponse } from '../../contracts/embeddings/embedding.ts';
import { ErrorBody, errorRow } from '../../contracts/errors.ts';
import { Readiness } from '../../contracts/system/health.ts';
import { parseModelsFile } from '../../server/setup/models-file.ts';
import { isObject } from '../support/upstream/json.ts';
import { type Block, blocksOf, placeOf } from './read-blocks.ts';

const json = blocksOf('json').map((block): [string, Block] => [placeOf(block), block]);
const yaml = blocksOf('yaml')
  // Continue's own file, which `duplex connect` prints.
  .filter(({ text }) => !text.includes('schema: v1'))
  .map((block): [string, Block] => [placeOf(block), block]);

/** Contracts by a field that tells what an answer is. */
const contracts = [
  [(value: object) => 'object' in value && value.object === 'chat.completion', ChatCompletion.strict()],
  [(value: object) => 'data' in value && Array.isArray(value.data), EmbeddingResponse],
  [(value: object) => 'next_cursor' in value, ConversationList.strict()],
  [(value: object) => 'routes' in value, Readiness.strict()],
  [(value: object) => 'error' in value && !('type' in value), ErrorBody.strict()],
] as const;

test.each(json)('the JSON of %s is JSON, and what it shows is what the gateway answers', (_, { text }) => {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) return;
  for (const [fits, contract] of contracts) if (fits(value)) contract.parse(value);
  if (!('error' in value) || 'type' in value) return;
  const { code, type } = ErrorBody.parse(value).error;
  expect(type).toBe(errorRow(code).type);
});

/** What the page leaves out because another block of it has it. */
function complete(text: string): string {
  const file: unknown = parse(text);
  if (!isObject(file)) throw new Error('The block is not a mapping.');
  const { providers = {}, models: shown = [], titles, summaries } = file;
  const helpers = [titles, summaries].filter(isObject).map(({ model }) => ({
    alias: model,
    backends: [{ provider: 'gpu', model }],
  }));
  const models = [...(Array.isArray(shown) ? shown : []), ...helpers];
  const named = [...JSON.stringify(models).matchAll(/"provider":"([^"]+)"/g)].map(([, name = '']) => name);
  const others = Object.fromEntries(
    named.map((name) => [name, { preset: 'vllm', base_url: 'http://10.0.0.9:8000/v1' }]),
  );
  return stringify({ ...file, providers: { ...others, ...(isObject(providers) ? providers : {}) }, models });
}

test.each(yaml)('the YAML of %s is a models file, or a part of one', (place, { text }) => {
  expect(() => parseModelsFile(complete(text), place)).not.toThrow();
});
