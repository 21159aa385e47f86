import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = process.env.AGENTS_DIR && resolve(process.env.AGENTS_DIR);
const wanted = readFileSync(new URL('package.json', import.meta.url), 'utf8');

/** Whether npm has installed these very versions here before. */
const installed = (path) =>
  existsSync(path) &&
  readFileSync(path, 'utf8') === wanted &&
  existsSync(join(folder, 'node_modules/.package-lock.json'));

/** A folder of somebody's own is used as it is. */
const foreign = (path) => existsSync(path) && JSON.parse(readFileSync(path, 'utf8')).name !== 'duplex-agents';

if (!folder) {
  console.log('SKIPPED: no coding agent is installed, as AGENTS_DIR names no folder for them.');
} else if (foreign(join(folder, 'package.json'))) {
  console.log(`${folder} is not of this project: the agents in it are used as they are.`);
} else if (!installed(join(folder, 'package.json'))) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), wanted);
  // Beside what they say they need, all of them run on the Node of this project, or bring their own.
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
