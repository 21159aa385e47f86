import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Caller } from './caller.ts';
import { newRequestId } from './request-id.ts';
import { RequestRecord } from './request-record.ts';

/**
 * Makes the caller of a request that the gateway sends by itself for the key of another request. The new request has its own
 * row of usage. Its headers are dropped.
 */
export const innerCaller = ({ principal }: Pick<Caller, 'principal'>, signal: AbortSignal): Caller => ({
  requestId: newRequestId(),
  principal,
  signal,
  receivedAt: monotonicNow(),
  record: new RequestRecord(),
  setHeader() {},
});
