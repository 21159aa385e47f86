import { statfs } from 'node:fs/promises';

const MB = 1024 * 1024;

/** The disk that the database lies on, and how much of it must be free. */
export interface Room {
  readonly folder: string;
  /** In MB; 0: nobody looks. */
  readonly leastMb: number;
}

/** Says what is wrong when too little is free; null when there is room, and where the system does not tell. */
export async function checkRoom({ folder, leastMb }: Room): Promise<string | null> {
  if (leastMb === 0) return null;
  const found = await statfs(folder).catch(() => null);
  if (!found) return null;
  const freeMb = Math.floor((found.bavail * found.bsize) / MB);
  if (freeMb >= leastMb) return null;
  return `Only ${freeMb} MB are free on the disk of the database, less than MIN_FREE_DISK_MB (${leastMb}). Make room before messages cannot be stored.`;
}
