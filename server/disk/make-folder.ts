import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCodeOf } from '../errors/system-code.ts';

/** Whether there is a folder. False also for a link that leads nowhere. */
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * Creates a folder with those above it, for its user alone. Throws the error of the system. Node's own `recursive` never
 * returns where the system does not create folders at all, as below `/proc`.
 */
export function makeFolder(path: string): void {
  if (isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST' || !isFolder(path)) throw error;
  }
}
