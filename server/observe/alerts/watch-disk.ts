import { statfs } from 'node:fs/promises';
import type { Alerts } from './alerts.ts';

const LOOK_MS = 60_000;
const MB = 1024 * 1024;

export interface DiskWatch {
  readonly folder: string;
  /** Less free room than this is low, in MB. */
  readonly lowMb: number;
  readonly onError: (error: unknown) => void;
}

async function lookAtDisk(alerts: Alerts, { folder, lowMb }: DiskWatch): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const freeMb = Math.floor((bavail * bsize) / MB);
  if (freeMb >= lowMb) return;
  alerts.raise({
    type: 'disk.low',
    subject: folder,
    text: `${freeMb.toLocaleString('en')} MB are free at ${folder}. Make room before the database cannot be written.`,
    data: { folder, free_mb: freeMb },
  });
}

/** Looks once a minute. Returns what ends it, after the look that is under way. */
export function watchDisk(alerts: Alerts, watch: DiskWatch): () => Promise<void> {
  if (!alerts.wants('disk.low')) return async () => undefined;
  const look = () => lookAtDisk(alerts, watch).catch(watch.onError);
  let looking = look();
  const timer = setInterval(() => {
    looking = look();
  }, LOOK_MS).unref();
  return async () => {
    clearInterval(timer);
    await looking;
  };
}
