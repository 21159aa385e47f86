import type { ServerResponse } from 'node:http';
import { monotonicNow } from '../event-loop/monotonic-now.ts';

/**
 * A stream that has been silent for this long gets a ping, in ms. Proxies cut connections that are silent for 60 s, and
 * slow models are silent for longer.
 */
const SILENCE_MS = 15_000;
const TICK_MS = 1_000;
/** A comment of server-sent events, which clients ignore. It only keeps the connection open. */
export const PING = Buffer.from(': ping\n\n');

export interface Beat {
  readonly raw: ServerResponse;
  /** The complete ping, as it is written to the connection. */
  readonly ping: Buffer;
  lastWrite: number;
}

/** Keeps silent streams alive, with one timer for all of them. A ping is only ever written between two events. */
export class Heartbeat {
  readonly #beats = new Set<Beat>();
  #timer: NodeJS.Timeout | undefined;

  /** How many streams are open. */
  get count(): number {
    return this.#beats.size;
  }

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
