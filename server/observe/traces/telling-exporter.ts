import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

type Exported = Parameters<Parameters<SpanExporter['export']>[1]>[0];

/** Tells once when spans begin to be lost, and once when they arrive again: the SDK itself is silent about it. */
export class TellingExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #onTrouble: (reason: string | null) => void;
  #isFailing = false;

  constructor(exporter: SpanExporter, onTrouble: (reason: string | null) => void) {
    this.#exporter = exporter;
    this.#onTrouble = onTrouble;
  }

  export(spans: ReadableSpan[], done: (result: Exported) => void): void {
    this.#exporter.export(spans, (result) => {
      const isFailing = result.error !== undefined || result.code !== 0;
      if (isFailing !== this.#isFailing) this.#onTrouble(isFailing ? (result.error?.message ?? 'unknown') : null);
      this.#isFailing = isFailing;
      done(result);
    });
  }

  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush?.() ?? Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }
}
