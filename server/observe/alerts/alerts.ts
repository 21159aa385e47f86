import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import { BackgroundWriter } from '../../store/background-writer.ts';
import type { Alert, AlertType } from './alert.ts';
import { deliver } from './deliver.ts';
import { type AlertSettings, type Message, messagesOf } from './receivers.ts';

/** How many messages wait for a receiver that does not answer. Beyond this the oldest are lost. */
const MOST_WAITING = 1_000;
/** How many subjects are remembered. */
const MOST_SUBJECTS = 10_000;

/** Tells the operator, in the background, and not over and over. */
export class Alerts {
  readonly #settings: AlertSettings;
  /** One queue for each receiver, so that no receiver waits for another. */
  readonly #writers = new Map<string, BackgroundWriter<Message>>();
  readonly #raisedAt = new Map<string, number>();
  readonly #onError: (error: unknown) => void;

  constructor(settings: AlertSettings, onError: (error: unknown) => void) {
    this.#settings = settings;
    this.#onError = onError;
  }

  wants(type: AlertType): boolean {
    return this.#settings.types.has(type);
  }

  raise(alert: Alert): void {
    if (!this.wants(alert.type) || !this.#isNews(alert)) return;
    for (const message of messagesOf(alert, this.#settings)) this.#writerFor(message.url).add(message);
  }

  /** Tries once more to deliver what waits. */
  async close(): Promise<void> {
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()));
  }

  #isNews({ type, subject }: Alert): boolean {
    const key = `${type} ${subject}`;
    const now = monotonicNow();
    const before = this.#raisedAt.get(key);
    if (before !== undefined && now - before < this.#settings.everyMs) return false;
    if (this.#raisedAt.size >= MOST_SUBJECTS) this.#raisedAt.clear();
    this.#raisedAt.set(key, now);
    return true;
  }

  #writerFor(url: string): BackgroundWriter<Message> {
    let writer = this.#writers.get(url);
    if (!writer) {
      writer = new BackgroundWriter<Message>({
        one: 'an alert',
        many: 'alerts',
        failed: 'the receiver did not take them',
        batch: 1,
        maxQueued: MOST_WAITING,
        write: async ([message]) => message && (await deliver(message)),
        onError: this.#onError,
      });
      this.#writers.set(url, writer);
    }
    return writer;
  }
}
