import { isDeepStrictEqual } from 'node:util';
import type { Provider } from '../providers/provider.ts';
import { createProvider, type ProviderSettings } from '../providers/registry.ts';

interface Opened {
  readonly provider: Provider;
  readonly settings: ProviderSettings;
}

/** Providers that were opened for a new models file. Unchanged providers are not among them. */
interface PreparedProviders {
  readonly providers: ReadonlyMap<string, Provider>;
  /** Puts them into effect, and returns the ids of the providers that were replaced or removed. */
  commit(): string[];
  /** Closes them again. */
  discard(): void;
}

/** The providers of the models file, each with the settings with which it was opened. */
export class ProviderSet {
  #opened: ReadonlyMap<string, Opened> = new Map();
  /** Replaced and removed providers, which earlier requests may still use. */
  readonly #retired = new Set<Provider>();

  get providers(): Provider[] {
    return [...this.#opened.values()].map(({ provider }) => provider);
  }

  /** Opens new and changed providers. They take effect with `commit`. */
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
    // A retired provider with a process of its own must end it when the gateway stops.
    this.#retired.add(provider);
  }
}
