import type { Env } from '../env.ts';
import type { MeteringDeps } from '../features/metering/run-metered.ts';
import { DecisionLog } from './decisions/decision-log.ts';
import type { Log } from './log.ts';
import { Metrics, type Readings } from './metrics.ts';
import { type Observer, tellAll } from './observer.ts';
import { RequestLog } from './request-log.ts';
import type { TraceSettings } from './traces/open-traces.ts';
import type { Traces } from './traces/traces.ts';
import { type Watcher, watchRequests } from './watch-requests.ts';

export interface ObserverDeps {
  readonly settings: Pick<Env, 'log' | 'traces'>;
  readonly version: string;
  readonly log: Log;
  readonly readings: Readings;
  /** The observer for alerts; null when no receiver is configured. */
  readonly alerts: Observer | null;
}

/** The opened observers of requests. */
export interface OpenedObservers {
  readonly metrics: Metrics;
  /** Passes the end of each request to all observers. */
  readonly observer: Observer;
  /** Watches each request; undefined when no observer needs that. */
  readonly watch: MeteringDeps['watch'];
  close(): Promise<void>;
}

/** The log of decisions, at `debug` and `trace` only: at `info`, requests do no work for it. */
function decisionLog(log: Log, { level, content }: Env['log']): Watcher[] {
  if (level !== 'debug' && level !== 'trace') return [];
  return [new DecisionLog(log, { upstream: level === 'trace', content })];
}

/** Sends spans to a collector. What OpenTelemetry needs is loaded here, and only here. */
async function traceTo(settings: TraceSettings, version: string, log: Log): Promise<Traces> {
  const { openTraces } = await import('./traces/open-traces.ts');
  return openTraces(settings, {
    version,
    onTrouble(reason) {
      if (reason === null) log.warn({}, 'spans reach the collector again');
      else log.warn({ reason }, 'spans do not reach the collector, and are lost');
    },
  });
}

/** Opens the metrics, the log of requests, and, as the settings say, the traces and the log of decisions. */
export async function openObservers({
  settings,
  version,
  log,
  readings,
  alerts,
}: ObserverDeps): Promise<OpenedObservers> {
  const metrics = new Metrics(readings);
  const { requests: all, content, slowMs } = settings.log;
  const requestLog = new RequestLog(log, { all, content, slowMs });
  const traces = settings.traces === null ? [] : [await traceTo(settings.traces, version, log)];
  return {
    metrics,
    observer: tellAll([metrics, requestLog, ...traces, ...(alerts ? [alerts] : [])]),
    watch: watchRequests([...traces, ...decisionLog(log, settings.log)]),
    close: async () => void (await Promise.all(traces.map((one) => one.close()))),
  };
}
