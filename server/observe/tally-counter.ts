import { Counter, type CounterConfiguration } from 'prom-client';

/** The count of one combination of labels. */
export interface Tally {
  value: number;
}

/**
 * A counter whose callers keep the tallies that they add to: prom-client looks a combination of labels up at every
 * step, which took longer than the rest of what is counted for a request.
 */
export class TallyCounter<Label extends string> {
  readonly #tallies = new Map<string, Tally & { readonly labels: Readonly<Record<Label, string>> }>();

  constructor(configuration: Omit<CounterConfiguration<Label>, 'collect'>) {
    const tallies = this.#tallies;
    new Counter({
      ...configuration,
      collect() {
        this.reset();
        for (const { labels, value } of tallies.values()) if (value > 0) this.inc(labels, value);
      },
    });
  }

  /** The tally of these labels. It is shown once it is more than 0. */
  of(labels: Readonly<Record<Label, string>>): Tally {
    const key = Object.values(labels).join('\n');
    let tally = this.#tallies.get(key);
    if (!tally) {
      tally = { labels, value: 0 };
      this.#tallies.set(key, tally);
    }
    return tally;
  }
}
