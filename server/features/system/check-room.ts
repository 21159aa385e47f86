import { freeDiskMb } from '../../disk/free-disk.ts';

/** The disk of the database, and how much of it must be free. */
export interface Room {
  readonly folder: string;
  /** In MB; 0: the disk is not checked. */
  readonly leastMb: number;
}

/** Says what is wrong when too little is free. Null: there is room, or the system does not tell. */
export async function checkRoom({ folder, leastMb }: Room): Promise<string | null> {
  if (leastMb === 0) return null;
  const freeMb = await freeDiskMb(folder).catch(() => null);
  if (freeMb === null || freeMb >= leastMb) return null;
  return `Only ${freeMb} MB are free on the disk of the database, less than MIN_FREE_DISK_MB (${leastMb}). Make room before messages cannot be stored.`;
}
