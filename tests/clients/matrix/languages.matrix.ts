import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasProgram } from '../../support/find-program.ts';
import { bearer } from '../../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../../support/start-scripted.ts';
import { canPrepare, expectedOf, runDrive, type Tried } from './run-drive.ts';
import { scriptedModel } from './scripted-model.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const requirements = here('python/requirements.txt');

/** One folder for each list of versions: what was installed once is used again. */
const pinned = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
const venv = join(process.env.AGENTS_DIR ?? tmpdir(), `duplex-python-${pinned}`);
const python = join(venv, 'bin/python');

async function preparePython(): Promise<boolean> {
  if (!(await hasProgram('python3', ['--version']))) return false;
  const installed = join(venv, 'installed');
  const install = `python3 -m venv "${venv}" && "${python}" -m pip install -q -r "${requirements}" && touch "${installed}"`;
  return existsSync(installed) || (await canPrepare('Python', 'sh', ['-c', install], here('python')));
}

const prepareGo = async () =>
  (await hasProgram('go', ['version'])) &&
  (await canPrepare('Go', 'go', ['build', '-o', '/dev/null', '.'], here('go')));

const prepareJava = async () =>
  (await hasProgram('mvn', ['--version'])) && (await canPrepare('Java', 'mvn', ['-q', '-B', 'compile'], here('java')));

const languages = [
  { name: 'Python', prepare: preparePython, program: python, args: ['drive.py'], folder: here('python'), tries: 21 },
  { name: 'Go', prepare: prepareGo, program: 'go', args: ['run', '.'], folder: here('go'), tries: 8 },
  { name: 'Java', prepare: prepareJava, program: 'mvn', args: [], folder: here('java'), tries: 7 },
] as const;

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted();
  gateway.upstream.on('test-model', scriptedModel);
});
afterAll(() => gateway.close());

describe.each(languages)('$name', ({ name, prepare, program, args, folder, tries }) => {
  let tried: Tried[] | null = null;
  beforeAll(async () => {
    if (!(await prepare())) return;
    const given = [gateway.url, bearer, 'scripted'];
    const all = name === 'Java' ? ['-q', '-B', 'exec:java', `-Dexec.args=${given.join(' ')}`] : [...args, ...given];
    tried = await runDrive(program, all, folder);
  }, 1_800_000);

  test('its clients get what they ask for', (context) => {
    if (!tried) return context.skip(`The clients in ${name} cannot be installed here.`);
    expect(tried).toEqual(tried.map(expectedOf));
    expect(tried).toHaveLength(tries);
  });
});
