import { AppError } from '../../errors/app-error.ts';

/** How many requests one websocket of responses may have under way, those that wait for their turn included. */
const MOST_UNDER_WAY = 16;
/** How many names of streams it may use. */
const MOST_NAMES = 32;

const reached = (what: string) =>
  new AppError('websocket_stream_limit_reached', `This websocket has ${what}, which is the most.`, {
    param: 'stream_id',
  });

/** The requests of a websocket: one after another in each lane, and the lanes beside each other. */
export class Lanes {
  readonly #ends = new Map<string | null, Promise<void>>();
  readonly #idle: () => void;
  #underWay = 0;

  /** `idle` is called when nothing is under way any more. */
  constructor(idle: () => void) {
    this.#idle = idle;
  }

  get count(): number {
    return this.#underWay;
  }

  /**
   * Does the work when the lane is free. The work must not throw. Throws `websocket_stream_limit_reached`. Null is the
   * lane of requests that name none.
   */
  add(name: string | null, work: () => Promise<void>): void {
    if (this.#underWay >= MOST_UNDER_WAY) throw reached(`${MOST_UNDER_WAY} requests under way`);
    const isNew = name !== null && !this.#ends.has(name);
    if (isNew && this.#names >= MOST_NAMES) throw reached(`used ${MOST_NAMES} stream ids`);
    this.#underWay++;
    const before = this.#ends.get(name) ?? Promise.resolve();
    this.#ends.set(
      name,
      before.then(work).finally(() => {
        this.#underWay--;
        if (this.#underWay === 0) this.#idle();
      }),
    );
  }

  get #names(): number {
    return this.#ends.size - (this.#ends.has(null) ? 1 : 0);
  }
}
