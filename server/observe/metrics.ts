import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { toAppError } from '../errors/to-wire.ts';
import { monotonicNow } from '../event-loop/monotonic-now.ts';
import type { AnsweredCall } from '../features/access/answered-call.ts';
import type { EndedRequest } from '../features/metering/meter.ts';
import { toUsd } from '../features/metering/micro-usd.ts';
import type { UsageRow } from '../store/interface/usage.ts';
import type { Observer } from './observer.ts';
import { type Tally, TallyCounter } from './tally-counter.ts';
import { type Distribution, TallyHistogram } from './tally-histogram.ts';

/** The buckets of durations, in seconds: from a cached prompt on a small model to a picture. */
const DURATIONS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const FIRST_TOKENS = [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const BETWEEN_TOKENS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1];

/**
 * Sums of prom-client's that are no counters, although their names end in `_total`: `promtool check metrics` complains about
 * them. The metrics that they add up, such as `nodejs_active_handles`, stay.
 */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** The state of one backend at a scrape. */
interface BackendReading {
  readonly backend: string;
  readonly state: string;
  readonly inFlight: number;
}

/** What is under way at a scrape. */
export interface OpenCounts {
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

/** What is counted of requests with one operation, model, backend and outcome, found once for all of them. */
interface Series {
  readonly requests: Tally;
  readonly duration: Distribution;
  readonly prompt: Tally;
  readonly completion: Tally;
  readonly cached: Tally;
  readonly reasoning: Tally;
  readonly cost: Tally;
  readonly firstToken: Distribution;
  readonly betweenTokens: Distribution;
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
  readonly #duration = new TallyHistogram<'operation' | 'model'>({
    name: 'duplex_request_seconds',
    help: 'How long requests to models take.',
    buckets: DURATIONS,
  });
  readonly #firstToken = new TallyHistogram<'model' | 'backend'>({
    name: 'duplex_first_token_seconds',
    help: 'Time to the first token.',
    buckets: FIRST_TOKENS,
  });
  readonly #betweenTokens = new TallyHistogram<'model' | 'backend'>({
    name: 'duplex_between_tokens_seconds',
    help: 'Time between two tokens of an answer, on its average.',
    buckets: BETWEEN_TOKENS,
  });
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
    this.#watchProcess();
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
    const histograms = [this.#duration, this.#firstToken, this.#betweenTokens].map((histogram) => histogram.toText());
    return `${await this.#registry.metrics()}\n${histograms.join('\n\n')}\n`;
  }

  ended({ row, attempts }: EndedRequest): void {
    const series = this.#seriesOf(row);
    series.requests.value++;
    series.duration.observe(row.latencyMs / 1000);
    for (const { backend, outcome } of attempts) this.#attempts.of({ backend, outcome }).value++;
    series.prompt.value += row.promptTokens;
    series.completion.value += row.completionTokens;
    series.cached.value += row.cachedTokens;
    series.reasoning.value += row.reasoningTokens;
    series.cost.value += toUsd(row.cost);
    if (row.firstTokenMs === null) return;
    series.firstToken.observe(row.firstTokenMs / 1000);
    const rest = row.completionTokens - 1;
    if (rest > 0 && row.outcome === 'ok') {
      series.betweenTokens.observe((row.latencyMs - row.firstTokenMs) / 1000 / rest);
    }
  }

  answered({ operation, status, failure }: AnsweredCall): void {
    const outcome = failure === undefined ? 'ok' : toAppError(failure).code;
    this.#responses.of({ operation, status: String(status), outcome }).value++;
  }

  #seriesOf({ operation, alias: model, provider, model: upstreamModel, outcome }: UsageRow): Series {
    const key = `${operation} ${model} ${provider} ${upstreamModel} ${outcome}`;
    let series = this.#series.get(key);
    if (!series) {
      const backend = provider === null ? 'none' : `${provider}/${upstreamModel}`;
      const tokens = (kind: string) => this.#tokens.of({ model, backend, kind });
      series = {
        requests: this.#requests.of({ operation, model, backend, outcome }),
        duration: this.#duration.of({ operation, model }),
        prompt: tokens('prompt'),
        completion: tokens('completion'),
        cached: tokens('cached'),
        reasoning: tokens('reasoning'),
        cost: this.#cost.of({ model, backend }),
        firstToken: this.#firstToken.of({ model, backend }),
        betweenTokens: this.#betweenTokens.of({ model, backend }),
      };
      this.#series.set(key, series);
    }
    return series;
  }

  /**
   * Metrics of the process itself begin with the first scrape: a gateway that is never scraped need not watch the event
   * loop and the heap.
   */
  #watchProcess(): void {
    if (this.#watchesProcess) return;
    this.#watchesProcess = true;
    collectDefaultMetrics({ register: this.#registry });
    for (const name of MISNAMED) this.#registry.removeSingleMetric(name);
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[]): TallyCounter<L> {
    return new TallyCounter({ name: `duplex_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #gauge<L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> {
    return new Gauge({ name: `duplex_${name}`, help, labelNames, registers: [this.#registry] });
  }
}
