import type { AnsweredCall } from '../features/access/answered-call.ts';
import type { EndedRequest } from '../features/metering/meter.ts';

/** Receives how each request ended. It decides nothing. */
export interface Observer {
  ended(request: EndedRequest): void;
  answered(call: AnsweredCall): void;
}

/** One observer that passes each request on to several. */
export const tellAll = (observers: readonly Observer[]): Observer => ({
  ended(request) {
    for (const observer of observers) observer.ended(request);
  },
  answered(call) {
    for (const observer of observers) observer.answered(call);
  },
});
