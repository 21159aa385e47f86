import { BackgroundWriter } from '../../store/background-writer.ts';
import type { SentAlertStore } from '../../store/interface/sent-alerts.ts';
import type { Alert, AlertType } from './alert.ts';
import { deliver } from './deliver.ts';
import { type AlertSettings, type Message, messagesOf } from './receivers.ts';
import { Repeats } from './repeats.ts';

/** How many messages wait for a receiver that does not answer. Beyond this the oldest are lost. */
const MOST_WAITING = 1_000;

export interface AlertsDeps {
  readonly sent: SentAlertStore;
  readonly onError: (error: unknown) => void;
}

/** A message, and the name of its alert, which counts as sent when the message is delivered. Null: it happens once. */
interface Waiting {
  readonly message: Message;
  readonly alert: string | null;
}

/** Tells the operator, in the background, and not over and over. */
export class Alerts {
  readonly #settings: AlertSettings;
  /** One queue for each receiver, so that no receiver waits for another. */
  readonly #writers = new Map<string, BackgroundWriter<Waiting>>();
  readonly #repeats: Repeats;
  readonly #asking = new Set<Promise<void>>();
  readonly #onError: (error: unknown) => void;

  constructor(settings: AlertSettings, { sent, onError }: AlertsDeps) {
    this.#settings = settings;
    this.#repeats = new Repeats({ everyMs: settings.everyMs, sent, onError });
    this.#onError = onError;
  }

  wants(type: AlertType): boolean {
    return this.#settings.types.has(type);
  }

  raise(alert: Alert): void {
    const { type, subject } = alert;
    if (!this.wants(type)) return;
    if (subject === null) this.#send(alert, null);
    else this.#sendUnlessRepeated(alert, `${type} ${subject}`);
  }

  /** Tries once more to deliver what waits. */
  async close(): Promise<void> {
    await Promise.all(this.#asking);
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()));
  }

  #sendUnlessRepeated(alert: Alert, name: string): void {
    if (!this.#repeats.isNew(name)) return;
    const asking = this.#repeats.wasDelivered(name).then((wasDelivered) => {
      this.#asking.delete(asking);
      if (!wasDelivered) this.#send(alert, name);
    });
    this.#asking.add(asking);
  }

  #send(alert: Alert, name: string | null): void {
    for (const message of messagesOf(alert, this.#settings)) {
      this.#writerFor(message.url).add({ message, alert: name });
    }
  }

  #writerFor(url: string): BackgroundWriter<Waiting> {
    let writer = this.#writers.get(url);
    if (!writer) {
      writer = new BackgroundWriter<Waiting>({
        one: 'an alert',
        many: 'alerts',
        failed: 'the receiver still failed when the gateway stopped',
        batch: 1,
        maxQueued: MOST_WAITING,
        write: async ([waiting]) => waiting && (await this.#deliver(waiting)),
        onError: this.#onError,
      });
      this.#writers.set(url, writer);
    }
    return writer;
  }

  async #deliver({ message, alert }: Waiting): Promise<void> {
    await deliver(message);
    if (alert !== null) await this.#repeats.delivered(alert);
  }
}
