import type { ResponseEvent } from '../../../../contracts/responses/response.ts';

/** An event that is not numbered yet. */
export type NewEvent = Omit<ResponseEvent, 'sequence_number' | 'type'>;

/** Numbers the events of one stream. */
export class EventLog {
  #next = 0;
  #events: ResponseEvent[] = [];

  push(type: string, fields: NewEvent): void {
    this.#events.push({ type, sequence_number: this.#next++, ...fields });
  }

  /** The events since the last call. */
  take(): ResponseEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
