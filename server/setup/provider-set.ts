import { isDeepStrictEqual } from 'node:util';
import type { Provider } from '../providers/provider.ts';
import { createProvider, type ProviderSettings } from '../providers/registry.ts';

interface Opened {
  readonly provider: Provider;
  readonly settings: ProviderSettings;
}

/** Providers that were opened for a new models file, beside those that go on as they are. */
interface PreparedProviders {
  readonly providers: ReadonlyMap<string, Provider>;
  /** Puts them into effect, and returns the ids of those that were replaced or taken away. */
  commit(): string[];
  /** Gives them up. */
  discard(): void;
}

/** The providers of the models file, each with the settings that it was opened with. */
export class ProviderSet {
  #opened: ReadonlyMap<string, Opened> = new Map();
  /** Those that requests of before may still use. */
  readonly #retired = new Set<Provider>();

  get providers(): Provider[] {
    return [...this.#opened.values()].map(({ provider }) => provider);
  }

  /** Opens what is new or different. Nothing is in effect before `commit`. */
  prepare(settings: Readonly<Record<string, ProviderSettings>>): PreparedProviders {
    const next = new Map<string, Opened>();
    for (const [id, wanted] of Object.entries(settings)) {
      const known = this.#opened.get(id);
      const isSame = known !== undefined && isDeepStrictEqual(known.settings, wanted);
      next.set(id, isSame ? known : { provider: createProvider(id, wanted), settings: wanted });
    }
    const before = this.#opened;
    const isGone = (id: string, { provider }: Opened) => next.get(id)?.provider !== provider;
    return {
      providers: new Map([...next].map(([id, { provider }]) => [id, provider])),
      commit: () => {
        this.#opened = next;
        const gone = [...before].filter(([id, opened]) => isGone(id, opened));
        for (const [, { provider }] of gone) this.#retire(provider);
        return gone.map(([id]) => id);
      },
      discard: () => {
        for (const [id, { provider }] of next) if (before.get(id)?.provider !== provider) void provider.close();
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.providers, ...this.#retired].map((provider) => provider.close()));
  }

  #retire(provider: Provider): void {
    if (!provider.retire) return;
    provider.retire();
    // One with a process of its own ends it when the gateway stops, whatever still ran in it.
    this.#retired.add(provider);
  }
}
