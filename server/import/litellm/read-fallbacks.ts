import type { Config } from './config.ts';

interface Fallbacks {
  /** The fallbacks of a name in order, with the fallbacks of those. */
  chainOf(alias: string): readonly string[];
}

/** Reads the fallbacks of both sections. `note` receives what cannot be carried over. */
export function readFallbacks(
  { router_settings: router, litellm_settings: litellm }: Config,
  aliases: ReadonlySet<string>,
  note: (line: string) => void,
): Fallbacks {
  const known = (place: string, names: readonly unknown[]): string[] =>
    names.flatMap((name) => {
      if (typeof name === 'string' && aliases.has(name)) return [name];
      const what = typeof name === 'string' ? `"${name}" is not a model that was converted` : 'a request of its own';
      note(`${place}: ${what}, so it is left out of the chain.`);
      return [];
    });
  const own = new Map<string, string[]>();
  const rest: string[] = [];
  for (const [section, settings] of [
    ['router_settings', router],
    ['litellm_settings', litellm],
  ] as const) {
    rest.push(...known(`${section}.default_fallbacks`, settings?.default_fallbacks ?? []));
    for (const [alias, names] of (settings?.fallbacks ?? []).flatMap((entry) => Object.entries(entry))) {
      const place = `${section}.fallbacks`;
      if (alias === '*') rest.push(...known(place, names));
      else if (aliases.has(alias)) own.set(alias, [...(own.get(alias) ?? []), ...known(place, names)]);
      else note(`${place}: "${alias}" is not a model that was converted, so its fallbacks are left out.`);
    }
  }
  return {
    chainOf(alias) {
      const chain = new Set([alias]);
      // A set that grows during the loop is still walked to its end, and names that lead back to each other are met
      // once.
      for (const name of chain) for (const next of own.get(name) ?? rest) chain.add(next);
      return [...chain].slice(1);
    },
  };
}
