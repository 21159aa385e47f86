import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Caller } from './caller.ts';
import { newRequestId } from './request-id.ts';
import { RequestRecord } from './request-record.ts';

/**
 * The caller of a request that the gateway makes by itself in the name of another one: with a row of usage of its own,
 * and with headers that nobody sees.
 */
export const innerCaller = ({ principal }: Pick<Caller, 'principal'>, signal: AbortSignal): Caller => ({
  requestId: newRequestId(),
  principal,
  signal,
  receivedAt: monotonicNow(),
  record: new RequestRecord(),
  setHeader() {},
});
