import { type Context, SpanKind } from '@opentelemetry/api';
import { toAppError } from '../../errors/to-wire.ts';
import type { AnsweredCall } from '../../features/access/answered-call.ts';
import type { RequestWatch, TraceParent } from '../../features/access/request-watch.ts';
import type { WatchedRequest } from '../../features/metering/run-metered.ts';
import { isQuiet } from '../is-quiet.ts';
import type { Observer } from '../observer.ts';
import { failRequest, RequestSpan, type SpanDeps } from './request-span.ts';

interface TracesDeps extends SpanDeps {
  extract(parent: TraceParent | undefined): Context;
  close(): Promise<void>;
}

/** One span for each request, which continues the client's own trace where it sends one. */
export class Traces implements Observer {
  readonly #deps: TracesDeps;

  constructor(deps: TracesDeps) {
    this.#deps = deps;
  }

  /** Begins the span of a request to a model when the request is admitted. */
  watch(request: WatchedRequest): RequestWatch {
    return new RequestSpan(this.#deps, request, this.#deps.extract(request.job.caller.record.parent));
  }

  /** Does nothing: `RequestSpan` ends the span of a request to a model. */
  ended(): void {}

  answered(call: AnsweredCall): void {
    if (isQuiet(call)) return;
    const { requestId, operation, principal, status, failure, ms, parent } = call;
    const end = Date.now();
    const attributes = {
      'duplex.request_id': requestId,
      'duplex.operation': operation,
      'http.response.status_code': status,
      ...(principal?.keyId == null ? {} : { 'duplex.key_id': principal.keyId }),
    };
    const options = { kind: SpanKind.SERVER, startTime: end - ms, attributes };
    const span = this.#deps.tracer.startSpan(operation, options, this.#deps.extract(parent));
    if (failure !== undefined) failRequest(span, toAppError(failure).code);
    span.end(end);
  }

  /** Resolves when the last spans are sent, or cannot be. */
  close(): Promise<void> {
    return this.#deps.close();
  }
}
