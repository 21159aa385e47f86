import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { SentAlertStore } from '../../store/interface/sent-alerts.ts';

/** How many alerts are remembered in memory. */
const MOST_REMEMBERED = 10_000;

export interface RepeatsOptions {
  /** The period in which the same alert is not sent again, in ms; 0: it is always sent. */
  readonly everyMs: number;
  /** Stores what was delivered by this and other processes, and before a restart. */
  readonly sent: SentAlertStore;
  /** Receives failures of the database. The alert is then sent, because a repeated alert is better than none. */
  readonly onError: (error: unknown) => void;
}

/**
 * Decides whether an alert is sent again. Nearly all repetitions are noticed in memory; the database is asked once for
 * each alert and period, and written to when an alert was delivered.
 */
export class Repeats {
  readonly #options: RepeatsOptions;
  readonly #raisedAt = new Map<string, number>();

  constructor(options: RepeatsOptions) {
    this.#options = options;
  }

  /** Whether this process has not raised the alert in the period. The alert counts as raised from now on. */
  isNew(alert: string): boolean {
    const { everyMs } = this.#options;
    const now = monotonicNow();
    const before = this.#raisedAt.get(alert);
    if (before !== undefined && now - before < everyMs) return false;
    if (this.#raisedAt.size >= MOST_REMEMBERED) this.#raisedAt.clear();
    this.#raisedAt.set(alert, now);
    return true;
  }

  /** Whether the alert was delivered in the period, also by a process before this one or beside it. */
  async wasDelivered(alert: string): Promise<boolean> {
    const { everyMs, sent, onError } = this.#options;
    if (everyMs === 0) return false;
    try {
      const at = await sent.sentAt(alert);
      if (at === null) return false;
      const age = Date.now() - at.getTime();
      // A time in the future was written before somebody set the clock back.
      if (age < 0 || age >= everyMs) return false;
      this.#raisedAt.set(alert, monotonicNow() - age);
      return true;
    } catch (error) {
      onError(error);
      return false;
    }
  }

  /** Notes that the alert was delivered. */
  async delivered(alert: string): Promise<void> {
    const { everyMs, sent, onError } = this.#options;
    if (everyMs > 0) await sent.record(alert, new Date(Date.now() - everyMs)).catch(onError);
  }
}
