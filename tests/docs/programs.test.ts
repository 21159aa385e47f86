import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bearer, type Gateway, root, startGateway } from '../support/start-gateway.ts';
import type { ScriptedGateway } from '../support/start-scripted.ts';
import { type Block, blocksOf, placeOf } from './read-blocks.ts';
import { startDocsGateway } from './start-docs-gateway.ts';

let demo: Gateway;
let models: ScriptedGateway;
beforeAll(async () => {
  [demo, models] = await Promise.all([startGateway(), startDocsGateway()]);
});
afterAll(() => Promise.all([demo.close(), models.close()]));

/** Packages of `tests/clients/matrix`, where the same text is run. */
const inMatrix = /from '(ai|@ai-sdk\/[\w-]+|@langchain\/\w+)'/;
/** The client's pages are compiled and run in `tests/types`. */
const isClient = ({ text }: Block) => text.includes('@duplex/client') || /gateway\.|AppRouter/.test(text);

const scripts = blocksOf('js', 'ts')
  .filter((block) => !inMatrix.test(block.text) && !isClient(block))
  .map((block): [string, Block] => [placeOf(block), block]);

test.each(scripts)('the JavaScript of %s runs as it is written', async (_, { text }) => {
  const gateway = text.includes('my-model') ? models : demo;
  const code = text.replaceAll('http://127.0.0.1:3000', gateway.url);
  const env = { PATH: process.env.PATH, BEARER: bearer, DUPLEX_API_KEY: bearer };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: root,
    env,
  });
  expect(stdout).toMatch(/\S/);
});
