import { type HeldBytes, Hold } from '../../features/access/held-bytes.ts';
import type { Remembered, ResponseMemory } from '../../features/responses/response-memory.ts';

interface Kept {
  readonly id: string;
  readonly remembered: Remembered;
  /** The size of its messages and its output, roughly. */
  readonly bytes: number;
  readonly hold: Hold;
}

/** What one websocket remembers: of each lane the latest response that is not stored. */
export class LaneMemory {
  readonly #held: HeldBytes;
  readonly #holder: () => string | null;
  readonly #kept = new Map<string | null, Kept>();

  constructor(held: HeldBytes, holder: () => string | null) {
    this.#held = held;
    this.#holder = holder;
  }

  /**
   * The memory as one request sees it: it goes on from the response of any lane, and its own one replaces that of its
   * lane. `messageBytes` is how long its message was.
   */
  of(lane: string | null, messageBytes: number): ResponseMemory {
    let bytes = messageBytes;
    return {
      recall: (id) => {
        const before = this.#find(id);
        bytes += before?.bytes ?? 0;
        return before?.remembered;
      },
      keep: (id, remembered) => {
        this.#keep(lane, { id, remembered, bytes: bytes + JSON.stringify(remembered.output).length });
      },
    };
  }

  forgetAll(): void {
    for (const { hold } of this.#kept.values()) hold.release();
    this.#kept.clear();
  }

  #find(id: string): Kept | undefined {
    return [...this.#kept.values()].find((kept) => kept.id === id);
  }

  #keep(lane: string | null, kept: Omit<Kept, 'hold'>): void {
    this.#kept.get(lane)?.hold.release();
    this.#kept.delete(lane);
    const hold = new Hold(this.#held);
    // Without room, the response is not remembered: then the client sends the whole conversation again.
    if (hold.grow(this.#holder(), kept.bytes)) this.#kept.set(lane, { ...kept, hold });
  }
}
