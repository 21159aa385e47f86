import type { AnsweredCall } from '../features/access/answered-call.ts';
import type { EndedRequest } from '../features/metering/meter.ts';

/** Told how each request ended. It decides nothing. */
export interface Observer {
  ended(request: EndedRequest): void;
  answered(call: AnsweredCall): void;
}

/** Tells several of each request. */
export const tellAll = (observers: readonly Observer[]): Observer => ({
  ended(request) {
    for (const observer of observers) observer.ended(request);
  },
  answered(call) {
    for (const observer of observers) observer.answered(call);
  },
});
