import type { ServerResponse } from 'node:http';
import { monotonicNow } from '../event-loop/monotonic-now.ts';

/** Proxies cut a connection that is silent for 60 s; slow models are silent for longer. In ms. */
const SILENCE_MS = 15_000;
const TICK_MS = 1_000;
/** A comment, which only keeps the connection open. */
export const PING = Buffer.from(': ping\n\n');

export interface Beat {
  readonly raw: ServerResponse;
  /** What is sent, whole. */
  readonly ping: Buffer;
  lastWrite: number;
}

/** Keeps silent streams alive: one timer for all of them. A ping only ever stands between events. */
export class Heartbeat {
  readonly #beats = new Set<Beat>();
  #timer: NodeJS.Timeout | undefined;

  open(raw: ServerResponse, ping: Buffer): Beat {
    const beat = { raw, ping, lastWrite: monotonicNow() };
    this.#beats.add(beat);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
    return beat;
  }

  close(beat: Beat): void {
    this.#beats.delete(beat);
  }

  #tick(): void {
    if (this.#beats.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    const now = monotonicNow();
    for (const beat of this.#beats) {
      if (now - beat.lastWrite < SILENCE_MS || beat.raw.writableNeedDrain || beat.raw.destroyed) continue;
      beat.raw.write(beat.ping);
      beat.lastWrite = now;
    }
  }
}
