import { freeDiskMb } from '../../disk/free-disk.ts';
import { repeatEvery } from '../../event-loop/repeat-every.ts';
import type { Alerts } from './alerts.ts';

const LOOK_MS = 60_000;

export interface DiskWatch {
  readonly folder: string;
  /** Less free room than this is low, in MB. */
  readonly lowMb: number;
  readonly onError: (error: unknown) => void;
}

async function lookAtDisk(alerts: Alerts, { folder, lowMb }: DiskWatch): Promise<void> {
  const freeMb = await freeDiskMb(folder);
  if (freeMb >= lowMb) return;
  alerts.raise({
    type: 'disk.low',
    subject: folder,
    text: `${freeMb.toLocaleString('en')} MB are free at ${folder}. Make room before the database cannot be written.`,
    data: { folder, free_mb: freeMb },
  });
}

/** Looks now and once a minute. Returns what ends it. */
export function watchDisk(alerts: Alerts, watch: DiskWatch): () => Promise<void> {
  if (!alerts.wants('disk.low')) return async () => undefined;
  const look = () => lookAtDisk(alerts, watch).catch(watch.onError);
  return repeatEvery(LOOK_MS, look, look());
}
