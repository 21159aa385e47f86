import type { ServerResponse } from 'node:http';

/** Proxies cut a connection that is silent for 60 s; slow models are silent for longer. In ms. */
const SILENCE_MS = 15_000;
const TICK_MS = 1_000;
const PING = ': ping\n\n';

export interface Beat {
  readonly raw: ServerResponse;
  lastWrite: number;
}

/** Keeps silent streams alive with comments: one timer for all of them. A comment only ever stands between events. */
export class Heartbeat {
  readonly #beats = new Set<Beat>();
  #timer: NodeJS.Timeout | undefined;

  open(raw: ServerResponse): Beat {
    const beat = { raw, lastWrite: Date.now() };
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
    const now = Date.now();
    for (const beat of this.#beats) {
      if (now - beat.lastWrite < SILENCE_MS || beat.raw.writableNeedDrain || beat.raw.destroyed) continue;
      beat.raw.write(PING);
      beat.lastWrite = now;
    }
  }
}
