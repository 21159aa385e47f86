import { execFileSync } from 'node:child_process';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { openRaw } from '../store/support.ts';
import { askEverywhere } from '../support/faults/ask-everywhere.ts';
import { askMidway } from '../support/faults/ask-midway.ts';
import { checkFault, type Scene } from '../support/faults/check-fault.ts';
import { noteFault } from '../support/faults/note-fault.ts';
import { startProcessScene } from '../support/faults/start-process-scene.ts';
import { startScene } from '../support/faults/start-scene.ts';
import type { Trace } from '../support/faults/trace.ts';
import { mountSmall } from '../support/mount-small.ts';

/** Asks by every transport while the database cannot be written, until a question was refused for that. */
async function askUntilRefused(scene: Scene): Promise<readonly Trace[]> {
  const all: Trace[] = [];
  await expect
    .poll(
      async () => {
        const { traces, ended } = askEverywhere(scene, ['json', 'sse', 'websocket', 'response', 'background']);
        all.push(...traces);
        await ended;
        return traces.map(({ error }) => error);
      },
      { timeout: 120_000 },
    )
    .toEqual(Array(5).fill('service_unavailable'));
  return all;
}

test('Another process holds the lock of the database', async (context) => {
  const scene = await startScene();
  const { traces, ended, goOn } = await askMidway(scene);
  const db = await openRaw(dirname(scene.database), 'duplex.db');
  db.exec('BEGIN IMMEDIATE');
  goOn();
  await ended;
  const refused = await askUntilRefused(scene);
  db.exec('ROLLBACK');
  db.close();
  noteFault(context, await checkFault(scene, [...traces, ...refused]));
});

test('The disk of the database is full', async (context) => {
  const folder = mountSmall();
  if (folder === null) return context.skip();
  const scene = await startScene({ folder, env: { MIN_FREE_DISK_MB: '0' } });
  const { traces, ended, goOn } = await askMidway(scene);
  const ballast = join(folder, 'ballast');
  expect(() => writeFileSync(ballast, Buffer.alloc(64 * 1024 * 1024))).toThrow('ENOSPC');
  goOn();
  await ended;
  const refused = await askUntilRefused(scene);
  rmSync(ballast);
  noteFault(context, await checkFault(scene, [...traces, ...refused]));
});

test('The disk of the database takes no writes, as one that became read-only', async (context) => {
  const scene = await startProcessScene();
  const { traces, ended, goOn } = await askMidway(scene);
  // The largest size of a file that the process may write, so that every write of the database fails.
  const limitFiles = (bytes: string) =>
    execFileSync('prlimit', [`--pid=${scene.server.child.pid}`, `--fsize=${bytes}`]);
  limitFiles('0:unlimited');
  goOn();
  await ended;
  const refused = await askUntilRefused(scene);
  limitFiles('unlimited:unlimited');
  noteFault(context, await checkFault(scene, [...traces, ...refused]));
});

test('The folder of the database is moved away, and back', async (context) => {
  const scene = await startScene();
  const folder = dirname(scene.database);
  const { traces, ended, goOn } = await askMidway(scene);
  renameSync(folder, `${folder}-away`);
  goOn();
  await ended;
  const meanwhile = askEverywhere(scene);
  await meanwhile.ended;
  renameSync(`${folder}-away`, folder);
  noteFault(context, await checkFault(scene, [...traces, ...meanwhile.traces]));
});
