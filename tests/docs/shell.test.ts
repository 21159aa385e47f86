import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canRunSeeds } from '../seeds/run-seed.ts';
import { type Gateway, root, startGateway } from '../support/start-gateway.ts';
import { type Block, blocksOf, pages, placeOf, readBlocks } from './read-blocks.ts';
import { readersFolder, runPage } from './run-page.ts';
import { type Effect, shellPages } from './shell-blocks.ts';
import { startDocsGateway } from './start-docs-gateway.ts';

let demo: Gateway;
let models: Gateway;
beforeAll(async () => {
  [demo, models] = await Promise.all([startGateway(), startDocsGateway()]);
});
afterAll(() => Promise.all([demo.close(), models.close()]));

const isInstalled = (program: string) =>
  (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, program)));

/** Lines of a block that a shell would run, without comments. */
const linesOf = ({ text }: Block) =>
  text
    .split('\n')
    .map((line) => line.replace(/ +# .*/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

const FOR_CONTRIBUTORS = 'docs/CONTRIBUTING.md';
const isNpm = (block: Block) => linesOf(block).every((line) => /^(\w+=\S+ )?(npm|npx vitest) /.test(line));
const shellOf = (page: string) =>
  readBlocks(page).filter((block) => block.language === 'sh' && !isNpm(block) && page !== FOR_CONTRIBUTORS);

const canRun = ({ needs }: Effect) => needs === undefined || isInstalled(needs);

test.each(pages)('every shell block of %s has an effect that is checked', (page) => {
  const effects = shellPages[page]?.effects ?? [];
  const found = shellOf(page).map(({ text }, i) => {
    const block = effects[i]?.block;
    return block !== undefined && text.includes(block) ? block : text;
  });
  expect(found).toEqual(effects.map(({ block }) => block));
});

describe.skipIf(!canRunSeeds).each(Object.entries(shellPages))('%s', (page, { gateway, effects }) => {
  test('the shell blocks do what the page says', async () => {
    const where = gateway === 'demo' ? demo : models;
    const folder = readersFolder(where);
    const runnable = shellOf(page).filter((_, i) => effects[i] && canRun(effects[i]));
    const expected = effects.filter(canRun);
    const ran = await runPage(runnable, where, folder);
    for (const [i, { prints, leaves, fails }] of expected.entries()) {
      const { code, out, err } = ran[i] ?? { code: -1, out: '', err: 'did not run' };
      const place = placeOf(runnable[i] ?? { page, line: 0, language: '', text: '' });
      if (fails) expect({ place, code, err }).toEqual({ place, code: 1, err: expect.stringMatching(fails) });
      else expect({ place, code, err: code === 0 ? '' : err }).toEqual({ place, code: 0, err: '' });
      if (prints) expect(out).toMatch(prints);
      if (leaves) expect(readFileSync(join(folder, leaves[0]), 'latin1').slice(0, 100)).toMatch(leaves[1]);
    }
    const skipped = effects.filter((effect) => !canRun(effect)).map(({ needs }) => needs);
    if (skipped.length > 0) console.info(`${page}: blocks of ${skipped.join(', ')} were not run: not installed.`);
  });
});

test.skipIf(!canRunSeeds)('where no model makes pictures or speech, no file is left behind', async () => {
  const folder = readersFolder(demo);
  const before = readdirSync(folder);
  const blocks = [...shellOf('docs/images.md').slice(0, 2), ...shellOf('docs/endpoints.md').slice(3)];
  const ran = await runPage(blocks, demo, folder);
  expect(ran.map(({ code }) => code)).toEqual([22, 22, 22]);
  expect(readdirSync(folder)).toEqual(before);
});

test('every npm command runs a script that exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const used = blocksOf('sh')
    .flatMap(linesOf)
    .flatMap((line) => [...line.matchAll(/npm (?:run ([\w:]+)|(start|test)\b)/g)]);
  expect(used.length).toBeGreaterThan(5);
  for (const [, run, other] of used) expect(scripts).toHaveProperty([run ?? other ?? '']);
});
