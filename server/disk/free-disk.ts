import { statfs } from 'node:fs/promises';

const MB = 1024 * 1024;

/** How many MB the gateway's user can still write on the disk of a folder. Throws where the system does not tell. */
export async function freeDiskMb(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return Math.floor((bavail * bsize) / MB);
}
