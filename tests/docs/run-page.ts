import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { bearer, type Gateway, root } from '../support/start-gateway.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { Block } from './read-blocks.ts';

/** How a block ended. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A folder as the reader has it: the data folder of the gateway and the files that the examples name. */
export function readersFolder(gateway: Gateway): string {
  const folder = tempFolder();
  symlinkSync(gateway.dataDir, join(folder, 'data'));
  writeFileSync(join(gateway.dataDir, 'api-bearer'), bearer);
  copyFileSync(join(root, 'tests/fixtures/photo.jpg'), join(folder, 'photo.jpg'));
  writeFileSync(join(folder, 'speech.mp3'), Buffer.alloc(2_000, 7));
  const commands = join(folder, 'commands');
  mkdirSync(commands);
  // `npx duplex` in the folder of a clone is this program; npx itself would take a second each time.
  const duplex = join(root, 'dist/server/cli.js');
  writeFileSync(join(commands, 'npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${duplex}" "$@"\n`);
  chmodSync(join(commands, 'npx'), 0o755);
  return folder;
}

/**
 * Runs the shell blocks of a page as they are written, one after the other in one shell: only the address of the gateway is
 * another one, and the placeholder of a key stands for a real key.
 */
export async function runPage(blocks: readonly Block[], gateway: Gateway, folder: string): Promise<Ran[]> {
  const outputs = tempFolder();
  const fileOf = (i: number, kind: string) => join(outputs, `${i}.${kind}`);
  for (const [i, { text }] of blocks.entries()) {
    const script = text.replaceAll('http://127.0.0.1:3000', gateway.url).replaceAll('YOUR_KEY', bearer);
    writeFileSync(fileOf(i, 'sh'), script);
  }
  const steps = blocks.map(
    (_, i) => `. ${fileOf(i, 'sh')} > ${fileOf(i, 'out')} 2> ${fileOf(i, 'err')}; echo $? > ${fileOf(i, 'code')}`,
  );
  const env = {
    PATH: `${join(folder, 'commands')}${delimiter}${process.env.PATH}`,
    HOME: folder,
    BEARER: bearer,
    DUPLEX_URL: gateway.url,
    NO_PROXY: '*',
  };
  const shell = spawn('bash', ['-c', steps.join('\n')], { cwd: folder, env, stdio: 'ignore' });
  await once(shell, 'exit');
  const read = (i: number, kind: string) => readFileSync(fileOf(i, kind), 'utf8');
  return blocks.map((_, i) => ({ code: Number(read(i, 'code')), out: read(i, 'out'), err: read(i, 'err') }));
}
