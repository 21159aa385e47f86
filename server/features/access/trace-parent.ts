import type { IncomingHttpHeaders } from 'node:http';
import type { TraceParent } from './request-watch.ts';

/** The trace that a request belongs to, as its client says; undefined: it says nothing. */
export function traceParentOf({ traceparent, tracestate }: IncomingHttpHeaders): TraceParent | undefined {
  if (typeof traceparent !== 'string') return undefined;
  return { traceparent, tracestate: typeof tracestate === 'string' ? tracestate : undefined };
}
