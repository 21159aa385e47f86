import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { toAppError } from '../errors/to-wire.ts';
import { monotonicNow } from '../event-loop/monotonic-now.ts';
import type { AnsweredCall } from '../features/access/answered-call.ts';
import type { EndedRequest } from '../features/metering/meter.ts';
import { toUsd } from '../features/metering/micro-usd.ts';
import type { Observer } from './observer.ts';

/** The buckets of durations, in seconds: from a cached prompt on a small model to a picture. */
const DURATIONS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const FIRST_TOKENS = [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const BETWEEN_TOKENS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1];

/** The state of one backend at a scrape. */
interface BackendReading {
  readonly backend: string;
  readonly state: string;
  readonly inFlight: number;
}

/** What is under way at a scrape. */
interface OpenCounts {
  /** Requests to models. */
  readonly requests: number;
  /** Those of them that wait until a backend is asked again. */
  readonly waiting: number;
  /** Streams of server-sent events. */
  readonly streams: number;
  readonly websockets: number;
  /** Calls and subscriptions on websockets. */
  readonly websocketCalls: number;
  /** Answers that this process makes for `/c1/chat`, `/v1/responses` and idempotent requests. */
  readonly runs: number;
}

/** Values that are read at each scrape, instead of being counted while requests run. */
export interface Readings {
  backends(): readonly BackendReading[];
  open(): OpenCounts;
  /** Open connections to the gateway. */
  connections(): Promise<number>;
  /** The reserved amount on all wallets, in micro-USD; it costs a small read of the database. */
  heldMicroUsd(): Promise<number>;
}

/**
 * The metrics of one combination of labels. A request looks them up once, instead of hashing its labels for each
 * metric.
 */
interface Series {
  readonly requests: Counter.Internal;
  readonly duration: Histogram.Internal<string>;
}

/**
 * The metrics that Prometheus scrapes. Every label has few values: aliases of the models file, backends, operations,
 * routes and error codes; never keys, users, conversations or names that clients choose.
 */
export class Metrics implements Observer {
  readonly #registry = new Registry();
  readonly #series = new Map<string, Series>();
  readonly #readings: Readings;
  #watchesProcess = false;
  readonly #requests = this.#counter('requests_total', 'Requests to models, by how they ended.', [
    'operation',
    'model',
    'backend',
    'outcome',
  ]);
  readonly #responses = this.#counter('http_responses_total', 'Responses to requests that reached no model.', [
    'operation',
    'status',
    'outcome',
  ]);
  readonly #tokens = this.#counter('tokens_total', 'Tokens, by kind; cached and reasoning ones are among the others.', [
    'model',
    'backend',
    'kind',
  ]);
  readonly #cost = this.#counter('cost_usd_total', 'What requests cost, in USD.', ['model', 'backend']);
  readonly #attempts = this.#counter('attempts_total', 'Requests that were sent to a backend, by what came of them.', [
    'backend',
    'outcome',
  ]);
  readonly #duration = this.#histogram('request_seconds', 'How long requests to models take.', DURATIONS, [
    'operation',
    'model',
  ]);
  readonly #firstToken = this.#histogram('first_token_seconds', 'Time to the first token.', FIRST_TOKENS, [
    'model',
    'backend',
  ]);
  readonly #betweenTokens = this.#histogram(
    'between_tokens_seconds',
    'Time between two tokens of an answer, on its average.',
    BETWEEN_TOKENS,
    ['model', 'backend'],
  );
  readonly #state = this.#gauge('backend_state', '1 for the state that a backend is in.', ['backend', 'state']);
  readonly #inFlight = this.#gauge('backend_requests_in_flight', 'Requests that a backend answers now.', ['backend']);
  readonly #open: Readonly<Record<keyof OpenCounts, Gauge>> = {
    requests: this.#gauge('requests_in_flight', 'Requests to models that are under way.', []),
    waiting: this.#gauge('requests_waiting', 'Requests that wait until a backend is asked again.', []),
    streams: this.#gauge('streams_open', 'Open streams of server-sent events.', []),
    websockets: this.#gauge('websockets_open', 'Open websockets.', []),
    websocketCalls: this.#gauge('websocket_calls_open', 'Calls and subscriptions under way on websockets.', []),
    runs: this.#gauge('runs_open', 'Answers that are made apart from the request that asked for them.', []),
  };
  readonly #connections = this.#gauge('connections_open', 'Open connections, websockets included.', []);
  readonly #database = this.#gauge(
    'database_seconds',
    'How long a small read of the database took at this scrape.',
    [],
  );
  readonly #held = this.#gauge('wallets_held_usd', 'What is reserved on all wallets, in USD.', []);

  constructor(readings: Readings) {
    this.#readings = readings;
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The metrics in Prometheus's text format. */
  async scrape(): Promise<string> {
    // Metrics of the process itself begin with the first scrape: a gateway that is never scraped need not watch the
    // event loop and the heap.
    if (!this.#watchesProcess) collectDefaultMetrics({ register: this.#registry });
    this.#watchesProcess = true;
    this.#state.reset();
    this.#inFlight.reset();
    for (const { backend, state, inFlight } of this.#readings.backends()) {
      this.#state.set({ backend, state }, 1);
      this.#inFlight.set({ backend }, inFlight);
    }
    const open = this.#readings.open();
    this.#open.requests.set(open.requests);
    this.#open.waiting.set(open.waiting);
    this.#open.streams.set(open.streams);
    this.#open.websockets.set(open.websockets);
    this.#open.websocketCalls.set(open.websocketCalls);
    this.#open.runs.set(open.runs);
    this.#connections.set(await this.#readings.connections());
    const readAt = monotonicNow();
    const held = await this.#readings.heldMicroUsd();
    this.#database.set((monotonicNow() - readAt) / 1000);
    this.#held.set(toUsd(held));
    return this.#registry.metrics();
  }

  ended({ row, attempts }: EndedRequest): void {
    const { operation, alias: model, outcome } = row;
    const backend = row.provider === null ? 'none' : `${row.provider}/${row.model}`;
    const { requests, duration } = this.#seriesOf({ operation, model, backend, outcome });
    requests.inc();
    duration.observe(row.latencyMs / 1000);
    for (const { backend: asked, outcome: result } of attempts) this.#attempts.inc({ backend: asked, outcome: result });
    if (row.promptTokens > 0) this.#tokens.inc({ model, backend, kind: 'prompt' }, row.promptTokens);
    if (row.completionTokens > 0) this.#tokens.inc({ model, backend, kind: 'completion' }, row.completionTokens);
    if (row.cachedTokens > 0) this.#tokens.inc({ model, backend, kind: 'cached' }, row.cachedTokens);
    if (row.reasoningTokens > 0) this.#tokens.inc({ model, backend, kind: 'reasoning' }, row.reasoningTokens);
    if (row.cost > 0) this.#cost.inc({ model, backend }, toUsd(row.cost));
    if (row.firstTokenMs === null) return;
    this.#firstToken.observe({ model, backend }, row.firstTokenMs / 1000);
    const rest = row.completionTokens - 1;
    if (rest > 0 && outcome === 'ok') {
      this.#betweenTokens.observe({ model, backend }, (row.latencyMs - row.firstTokenMs) / 1000 / rest);
    }
  }

  answered({ operation, status, failure }: AnsweredCall): void {
    const outcome = failure === undefined ? 'ok' : toAppError(failure).code;
    this.#responses.inc({ operation, status: String(status), outcome });
  }

  #seriesOf(labels: { operation: string; model: string; backend: string; outcome: string }): Series {
    const { operation, model, backend, outcome } = labels;
    const key = `${operation} ${model} ${backend} ${outcome}`;
    let series = this.#series.get(key);
    if (!series) {
      series = { requests: this.#requests.labels(labels), duration: this.#duration.labels({ operation, model }) };
      this.#series.set(key, series);
    }
    return series;
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name: `duplex_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #gauge<L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> {
    return new Gauge({ name: `duplex_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #histogram<L extends string>(name: string, help: string, buckets: number[], labelNames: readonly L[]): Histogram<L> {
    return new Histogram({ name: `duplex_${name}`, help, buckets, labelNames, registers: [this.#registry] });
  }
}
