import { getHeapStatistics } from 'node:v8';
import { monotonicNow } from './monotonic-now.ts';

const LOOK_MS = 500;

interface Reading {
  readonly lagMs: number;
  readonly memoryBytes: number;
  readonly heapShare: number;
}

/** Reports twice a second how late the event loop is and how much memory is used. The returned function stops it. */
export function watchLoad(look: (reading: Reading) => void): () => void {
  let due = monotonicNow() + LOOK_MS;
  const timer = setInterval(() => {
    const now = monotonicNow();
    const { used_heap_size: used, heap_size_limit: most } = getHeapStatistics();
    look({ lagMs: Math.max(0, now - due), memoryBytes: process.memoryUsage.rss(), heapShare: used / most });
    due = now + LOOK_MS;
  }, LOOK_MS).unref();
  return () => clearInterval(timer);
}
