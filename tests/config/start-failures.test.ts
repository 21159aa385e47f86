import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openStore } from '../../server/store/open-store.ts';
import { migrationsDir } from '../store/support.ts';
import { startProcess } from '../support/start-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

// Each test starts several processes.
vi.setConfig({ testTimeout: 180_000 });

/** Nobody has no rights to what others own, as a service's user has none; root would have all of them. */
const asNobody = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];

async function failureOf(cwd: string, env: Record<string, string>, launcher: readonly string[] = []): Promise<string> {
  const started = startProcess(cwd, env, launcher);
  const running = await started.catch((error: Error) => error.message);
  if (typeof running === 'string') return running.replace('The server stopped at its start:\n', '').trim();
  await running.stop('SIGKILL');
  throw new Error('The gateway has started.');
}

/** One line that names what to set or do, and no stack. */
function expectOneLine(text: string, ...parts: RegExp[]): void {
  expect(text.split('\n')).toHaveLength(1);
  expect(text).not.toMatch(/\bat .*:\d+:\d+/);
  for (const part of parts) expect(text).toMatch(part);
}

/** A folder that another user may look into. */
function openFolder(): string {
  const folder = tempFolder();
  chmodSync(folder, 0o755);
  return folder;
}

/** A database as a gateway leaves it behind. */
async function ranBefore(): Promise<{ folder: string; file: string }> {
  const folder = openFolder();
  const file = join(folder, 'data/duplex.db');
  const store = await openStore({ url: `file:${file}`, migrationsDir });
  await store.close();
  return { folder, file };
}

test('a folder that cannot be written', async () => {
  const folder = openFolder();
  mkdirSync(join(folder, 'data'), { mode: 0o555 });
  expectOneLine(await failureOf(folder, {}, asNobody), /duplex\.db cannot be used: EACCES/, /DATA_DIR/);
});

test('a data folder that cannot be made: behind a link that leads nowhere, and where the system makes none', async () => {
  const folder = openFolder();
  symlinkSync(join(folder, 'not-mounted'), join(folder, 'link'));
  const bearers = [{}, { API_BEARER: '' }];
  const places = [join(folder, 'link/data'), ...(process.platform === 'linux' ? ['/proc/self/data'] : [])];
  for (const DATA_DIR of places) {
    for (const bearer of bearers) {
      expectOneLine(await failureOf(folder, { DATA_DIR, ...bearer }), /cannot be used/, /DATA_DIR to/);
    }
  }
});

test('a data folder that is a file, and a database that is a folder', async () => {
  const folder = openFolder();
  writeFileSync(join(folder, 'data'), '');
  expectOneLine(await failureOf(folder, {}), /cannot be used/, /Set DATABASE_URL to a file, and DATA_DIR to a folder/);
  mkdirSync(join(folder, 'db'));
  expectOneLine(
    await failureOf(folder, { DATA_DIR: folder, DATABASE_URL: `file:${folder}/db` }),
    /EISDIR/,
    /Set DATABASE_URL/,
  );
});

test('a database that cannot be written', async () => {
  const { folder, file } = await ranBefore();
  chmodSync(join(folder, 'data'), 0o777);
  chmodSync(file, 0o444);
  expectOneLine(await failureOf(folder, {}, asNobody), /duplex\.db cannot be used/, /right to write there/);
});

test.each<[string, (file: string) => void]>([
  ['is no database', (file) => writeFileSync(file, 'This is a text. '.repeat(1_000))],
  ['lost its beginning', (file) => overwrite(file, 0, 100)],
  ['lost its middle', (file) => overwrite(file, 4096 * 3, 4096 * 8)],
  ['was cut off', (file) => cut(file)],
])('a database that %s', async (_what, damage) => {
  const { folder, file } = await ranBefore();
  damage(file);
  expectOneLine(await failureOf(folder, {}), /duplex\.db cannot be used/, /Restore it from a backup/);
});

function overwrite(file: string, from: number, length: number): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(length, 0xa5), 0, length, from);
  closeSync(handle);
}

function cut(file: string): void {
  const handle = openSync(file, 'r+');
  ftruncateSync(handle, Math.floor(readFileSync(file).length / 4096 / 2) * 4096);
  closeSync(handle);
}

test('a models file that is not there, is a folder or may not be read', async () => {
  const folder = openFolder();
  const file = join(folder, 'models.yaml');
  expectOneLine(await failureOf(folder, { MODELS_FILE: file }), /MODELS_FILE: cannot read .*ENOENT/, /Set MODELS_FILE/);
  expectOneLine(await failureOf(folder, { MODELS_FILE: folder }), /EISDIR/, /Set MODELS_FILE/);
  writeFileSync(file, 'providers: {}\nmodels: []\n', { mode: 0o000 });
  expectOneLine(await failureOf(folder, { MODELS_FILE: file }, asNobody), /EACCES/, /Set MODELS_FILE/);
});

test('weights that may not be read, and a key file that is empty', async () => {
  const folder = openFolder();
  const file = join(folder, 'model.gguf');
  writeFileSync(file, 'GGUF', { mode: 0o000 });
  expectOneLine(await failureOf(folder, { EMBEDDED_MODEL: file }, asNobody), /EMBEDDED_MODEL: .* cannot be read/);
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data/api-bearer'), '\n');
  expectOneLine(await failureOf(folder, { API_BEARER: '' }), /api-bearer has no key/, /set API_BEARER/);
});

test('a port in use, and a host that is not of this machine', async () => {
  const folder = openFolder();
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  expectOneLine(await failureOf(folder, { PORT: port }), /in use/, /Set PORT to a free port/);
  expectOneLine(await failureOf(folder, { HOST: '192.0.2.1' }), /HOST/, /Set HOST to an address of this machine/);
});
