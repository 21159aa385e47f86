/** The values that were observed with one combination of labels. */
export class Distribution {
  readonly #bounds: readonly number[];
  /** How many values each bucket has, and last those beyond all bounds. */
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] ?? 0)) at++;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.sum += value;
  }
}

/** The name, the meaning and the upper bounds of the buckets of a histogram. */
interface HistogramConfiguration {
  readonly name: string;
  readonly help: string;
  readonly buckets: readonly number[];
}

const escaped = (value: string) => value.replace(/[\\"\n]/g, (unit) => (unit === '\n' ? '\\n' : `\\${unit}`));

/**
 * A histogram whose callers keep the distributions that they add to, for the same reason as the callers of
 * `TallyCounter`. It writes itself in Prometheus's text format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), since prom-client takes values only one by one.
 */
export class TallyHistogram<Label extends string> {
  readonly #configuration: HistogramConfiguration;
  readonly #distributions = new Map<string, Distribution>();

  constructor(configuration: HistogramConfiguration) {
    this.#configuration = configuration;
  }

  /** The distribution of these labels. It is shown once it has a value. */
  of(labels: Readonly<Record<Label, string>>): Distribution {
    const key = Object.entries<string>(labels)
      .map(([name, value]) => `${name}="${escaped(value)}"`)
      .join(',');
    let distribution = this.#distributions.get(key);
    if (!distribution) {
      distribution = new Distribution(this.#configuration.buckets);
      this.#distributions.set(key, distribution);
    }
    return distribution;
  }

  /** Writes all distributions in Prometheus's text format, without a line break at the end. */
  toText(): string {
    const { name, help } = this.#configuration;
    const lines = [...this.#distributions].flatMap(([labels, distribution]) => this.#linesOf(labels, distribution));
    return [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`, ...lines].join('\n');
  }

  #linesOf(labels: string, { counts, sum }: Distribution): string[] {
    const { name, buckets } = this.#configuration;
    const total = counts.reduce((all, count) => all + count, 0);
    if (total === 0) return [];
    let soFar = 0;
    return [
      ...buckets.map((bound, at) => {
        soFar += counts[at] ?? 0;
        return `${name}_bucket{le="${bound}",${labels}} ${soFar}`;
      }),
      `${name}_bucket{le="+Inf",${labels}} ${total}`,
      `${name}_sum{${labels}} ${sum}`,
      `${name}_count{${labels}} ${total}`,
    ];
  }
}
