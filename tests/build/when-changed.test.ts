import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { whenChanged } from '../../.build/when-changed.mjs';
import { root } from '../support/start-gateway.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** A folder with one source, and a build of it that counts how often it was done. */
function makeProject() {
  const folder = tempFolder();
  mkdirSync(join(folder, 'sources'));
  const write = (name: string, text: string) => writeFileSync(join(folder, 'sources', name), text);
  const stamp = join(folder, 'built/.stamp');
  write('a.ts', 'one');
  const project = {
    builds: 0,
    folder,
    write,
    stamp,
    build: () =>
      whenChanged(stamp, [join(folder, 'sources')], () => {
        project.builds += 1;
      }),
  };
  return project;
}

test('what has not changed is not built again, whatever the times of its files', () => {
  const project = makeProject();
  project.build();
  project.write('a.ts', 'one');
  project.build();
  expect(project.builds).toBe(1);
});

test('a source that was changed, added, renamed or deleted is built', () => {
  const project = makeProject();
  const changes = [
    () => {},
    () => project.write('a.ts', 'two'),
    () => project.write('b.ts', ''),
    () => project.write('c.ts', 'two'),
    () => rmSync(join(project.folder, 'sources/a.ts')),
  ];
  for (const [before, change] of changes.entries()) {
    change();
    project.build();
    expect(project.builds).toBe(before + 1);
  }
});

test('what was taken away is built again, and so is what failed', () => {
  const project = makeProject();
  project.build();
  rmSync(join(project.folder, 'built'), { recursive: true });
  project.build();
  expect(project.builds).toBe(2);

  const fail = () => {
    throw new Error('does not compile');
  };
  project.write('a.ts', 'two');
  expect(() => whenChanged(project.stamp, [join(project.folder, 'sources')], fail)).toThrow('does not compile');
  project.build();
  expect(project.builds).toBe(3);
});

test('a second build of the server compiles nothing', () => {
  const timeOf = () => statSync(join(root, 'dist/server/main.js')).mtimeMs;
  const build = () => execFileSync(process.execPath, [join(root, '.build/server.mjs')]);
  build();
  const before = timeOf();
  build();
  expect(timeOf()).toBe(before);
});
