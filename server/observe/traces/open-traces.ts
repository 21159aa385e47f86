import { type Context, defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { settledWithin } from '../../event-loop/settled-within.ts';
import type { TraceParent } from '../../features/access/request-watch.ts';
import { TellingExporter } from './telling-exporter.ts';
import { Traces } from './traces.ts';

export interface TraceSettings {
  /** The address of a collector, such as `http://127.0.0.1:4318`. The path of the traces is added to it. */
  readonly endpoint: string;
  readonly protocol: 'http/protobuf' | 'http/json';
  /** Sent to the collector; they may hold its key. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** The share of the requests without a parent that is traced, 0 to 1. */
  readonly share: number;
  /** Whether spans hold the content of messages. */
  readonly content: boolean;
}

export interface TraceDeps {
  readonly version: string;
  /** Called with a reason when spans are lost, and with null when they arrive again. */
  readonly onTrouble: (reason: string | null) => void;
}

/** A stop waits no longer than this for the last spans to leave, in ms. */
const LAST_SPANS_MS = 3_000;
/** How often spans are sent, in ms. */
const EVERY_MS = 1_000;

async function openExporter({ endpoint, protocol, headers }: TraceSettings): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces`, headers: { ...headers } });
}

/**
 * Sends spans to a collector. This module is loaded only when one is configured: without it, nothing of OpenTelemetry is
 * ever loaded.
 */
export async function openTraces(settings: TraceSettings, { version, onTrouble }: TraceDeps): Promise<Traces> {
  const exporter = new TellingExporter(await openExporter(settings), onTrouble);
  const own = resourceFromAttributes({ 'service.name': settings.serviceName, 'service.version': version });
  const provider = new TracerProvider({
    resource: detectResources({ detectors: [envDetector] }).merge(own),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(settings.share) }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: EVERY_MS })],
  });
  const propagator = new W3CTraceContextPropagator();
  return new Traces({
    tracer: provider.getTracer('duplex', version),
    content: settings.content,
    inject(context: Context) {
      const headers: Record<string, string> = {};
      propagator.inject(context, headers, defaultTextMapSetter);
      return headers;
    },
    extract: (parent: TraceParent | undefined) =>
      parent ? propagator.extract(ROOT_CONTEXT, parent, defaultTextMapGetter) : ROOT_CONTEXT,
    close: async () => void (await settledWithin(provider.shutdown(), LAST_SPANS_MS)),
  });
}
