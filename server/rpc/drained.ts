import { setTimeout as delay } from 'node:timers/promises';
import { monotonicNow } from '../event-loop/monotonic-now.ts';
import type { Socket } from './context.ts';

/** In bytes: tRPC itself would buffer without bound towards a client that does not read. */
const HIGH_WATER = 256 * 1024;
const LOW_WATER = HIGH_WATER / 2;
/** A client that takes nothing for this long is dropped. */
const STALL_MS = 30_000;
const POLL_MS = 20;

/**
 * Waits until a slow socket has taken what it was sent. False when the signal says that nobody listens any more, or
 * when it took nothing for too long and was dropped. Polled, because a websocket tells nobody when it drains.
 */
export async function drained(socket: Socket, signal: AbortSignal): Promise<boolean> {
  let lowest = socket.buffered();
  if (lowest <= HIGH_WATER) return true;
  for (let stalledSince = monotonicNow(); socket.buffered() > LOW_WATER; await delay(POLL_MS)) {
    if (signal.aborted) return false;
    if (socket.buffered() < lowest) {
      lowest = socket.buffered();
      stalledSince = monotonicNow();
    } else if (monotonicNow() - stalledSince > STALL_MS) {
      socket.terminate();
      return false;
    }
  }
  return true;
}
