import type { ChatCompletionChunk, Usage } from '../../../../contracts/chat/completion.ts';
import type { Response, ResponseEvent } from '../../../../contracts/responses/response.ts';
import type { Json } from '../../../canonical/json.ts';
import { withUsage } from './read-usage.ts';
import { type Told, tellFailure } from './to-failure.ts';

/** The vendor's own events are checked no further, so that new fields in them reach the client. */
const isEvent = (event: unknown): event is ResponseEvent =>
  typeof event === 'object' && event !== null && 'type' in event && typeof event.type === 'string';

/** Whether an answer ends with this event, and did not fail. */
export const isEnd = ({ type }: ResponseEvent): boolean =>
  type === 'response.completed' || type === 'response.incomplete';

/** The events of an upstream that speaks the Responses API itself, passed on as they came, under the alias. */
export class PassedEvents {
  readonly #alias: string;
  #active = false;
  #response: Response | undefined;
  #next = 0;
  #usage: Usage | null = null;
  /** The end of the answer, and what came after it. It waits for the usage, which comes last. */
  #last: ResponseEvent[] = [];

  constructor(alias: string) {
    this.#alias = alias;
  }

  /** Whether the answer is of such an upstream. */
  get active(): boolean {
    return this.#active;
  }

  /** Null when the answer is of another upstream. An event may have made several chunks, and comes with the first. */
  read(batch: readonly Json<ChatCompletionChunk>[]): ResponseEvent[] | null {
    const given = batch.map(({ value }) => value.original_event).filter((event) => event !== undefined);
    if (given.length > 0) this.#active = true;
    if (!this.#active) return null;
    for (const { value } of batch) this.#usage = value.usage ?? this.#usage;
    const events: ResponseEvent[] = [];
    for (const event of given.filter(isEvent)) {
      const held = this.#last.length > 0 || isEnd(event);
      (held ? this.#last : events).push(event);
    }
    return events.map((event) => this.#pass(event));
  }

  /** The last events of a complete answer. */
  end(): ResponseEvent[] {
    return this.#last.map((event) => {
      const { response, ...passed } = this.#pass(event);
      return response ? { ...passed, response: withUsage(response, this.#usage) } : passed;
    });
  }

  /** It broke off: the last events say why. */
  fail(error: unknown): ResponseEvent[] {
    const { failure, event }: Told = tellFailure(error);
    const said = { type: 'error', sequence_number: this.#next, ...event };
    if (!this.#response) return [said];
    const response: Response = { ...this.#response, status: 'failed', error: failure };
    return [said, { type: 'response.failed', sequence_number: this.#next + 1, response }];
  }

  #pass(event: ResponseEvent): ResponseEvent {
    const { sequence_number: number } = event;
    // Some servers give all events the same number, and clients go on from a number.
    const isNumbered = typeof number === 'number' && number >= this.#next;
    const numbered = isNumbered ? event : { ...event, sequence_number: this.#next };
    this.#next = numbered.sequence_number + 1;
    if (!numbered.response) return numbered;
    this.#response = { ...numbered.response, model: this.#alias };
    return { ...numbered, response: this.#response };
  }
}
