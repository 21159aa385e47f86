import { type Context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { errorRow, isErrorCode } from '../../../contracts/errors.ts';
import { ChunkCollector } from '../../canonical/chunk-collector.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Attempt } from '../../features/access/attempt.ts';
import type { AnswerWatch, AskedBackend, RequestWatch } from '../../features/access/request-watch.ts';
import type { WatchedRequest } from '../../features/metering/run-metered.ts';
import type { UpstreamTap } from '../../providers/upstream-tap.ts';
import type { UsageRow } from '../../store/interface/usage.ts';
import { inputAttributes, outputAttributes } from './content.ts';
import { askedAttributes, operationName, usedAttributes } from './gen-ai.ts';

export interface SpanDeps {
  readonly tracer: Tracer;
  /** The headers that continue the trace upstream. */
  inject(context: Context): Record<string, string>;
  /** Whether spans hold the content of messages. */
  readonly content: boolean;
}

/** Marks a span as failed, by the code alone: the message of an upstream may repeat what it was sent. */
function fail(span: Span, code: string): void {
  span.setAttribute('error.type', code).setStatus({ code: SpanStatusCode.ERROR });
}

/**
 * Marks the span of a request as failed. Its status is an error only when the gateway or an upstream is at fault, as the
 * conventions for servers demand: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status.
 */
export function failRequest(span: Span, code: string): void {
  if (isErrorCode(code) && errorRow(code).status < 500) span.setAttribute('error.type', code);
  else fail(span, code);
}

/** Whether an outcome is an error. A request that its client cancelled is not. */
const isError = (outcome: string): boolean => outcome !== 'ok' && outcome !== 'cancelled';

/** Ignores errors: an answer must not fail because a span cannot hold it. */
function harmlessly(tell: () => void): void {
  try {
    tell();
  } catch {
    // The relay of the answer reports what is wrong with it.
  }
}

/** The span of one request to a model, with one child for each attempt. */
export class RequestSpan implements RequestWatch {
  readonly answer: AnswerWatch | undefined;
  readonly #deps: SpanDeps;
  readonly #request: WatchedRequest;
  readonly #span: Span;
  readonly #context: Context;
  readonly #collector: ChunkCollector | null;
  /** The span of the attempt under way, or of the one that answers. */
  #attempt: Span | null = null;

  constructor(deps: SpanDeps, request: WatchedRequest, parent: Context) {
    const { operation, job, conversationId = null, input } = request;
    const { caller, model } = job;
    this.#deps = deps;
    this.#request = request;
    this.#span = deps.tracer.startSpan(
      `${operation} ${model.mappedTo ?? model.alias}`,
      {
        kind: SpanKind.SERVER,
        startTime: Date.now() - (monotonicNow() - caller.receivedAt),
        attributes: {
          'gen_ai.operation.name': operationName(operation),
          'gen_ai.request.model': model.mappedTo ?? model.alias,
          'duplex.request_id': caller.requestId,
          'duplex.operation': operation,
          ...(caller.principal.keyId === null ? {} : { 'duplex.key_id': caller.principal.keyId }),
          ...(conversationId === null ? {} : { 'gen_ai.conversation.id': conversationId }),
        },
      },
      parent,
    );
    this.#context = trace.setSpan(parent, this.#span);
    const records = deps.content && this.#span.isRecording();
    if (records && input) this.#span.setAttributes(inputAttributes(input()));
    this.#collector = records ? new ChunkCollector() : null;
    this.answer = this.#collector === null ? undefined : this.#watchAnswer(this.#collector);
  }

  attempting(backend: AskedBackend): UpstreamTap {
    this.#attempt?.end();
    const { tracer } = this.#deps;
    const { operation } = this.#request;
    const options = { kind: SpanKind.CLIENT, attributes: askedAttributes(operation, backend) };
    this.#attempt = tracer.startSpan(`${operationName(operation)} ${backend.model}`, options, this.#context);
    return { headers: this.#deps.inject(trace.setSpan(this.#context, this.#attempt)) };
  }

  /** The span of an attempt that answers ends with its answer. */
  attempted(attempt: Attempt | null): void {
    if (attempt?.failure === null) return;
    // A request that was not sent is no attempt. Its span is dropped, because it never ends.
    if (attempt && this.#attempt) {
      fail(this.#attempt, attempt.outcome);
      this.#attempt.end();
    }
    this.#attempt = null;
  }

  ended(row: UsageRow): void {
    const at = row.at.getTime();
    if (this.#collector) this.#tellAnswer(this.#collector);
    const used = usedAttributes(row);
    for (const [span, failSpan] of [
      [this.#attempt, fail],
      [this.#span, failRequest],
    ] as const) {
      if (!span) continue;
      span.setAttributes(used);
      if (row.firstTokenMs !== null) {
        span.setAttribute('gen_ai.response.time_to_first_chunk', row.firstTokenMs / 1000);
        span.addEvent('gen_ai.first_token', at + row.firstTokenMs);
      }
      if (isError(row.outcome)) failSpan(span, row.outcome);
      else if (row.outcome === 'cancelled') span.setAttribute('duplex.cancelled', true);
      span.end(at + row.latencyMs);
    }
    this.#attempt = null;
  }

  #watchAnswer(collector: ChunkCollector): AnswerWatch {
    return {
      chunk: (chunk) => harmlessly(() => collector.add(chunk)),
      completion: (answer) => void this.#span.setAttributes(outputAttributes(answer)),
    };
  }

  #tellAnswer(collector: ChunkCollector): void {
    harmlessly(() => {
      if (collector.started) this.#span.setAttributes(outputAttributes(collector.completion));
    });
  }
}
