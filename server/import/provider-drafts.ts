import { presetNames, presets } from '../providers/presets.ts';
import type { KeySource } from './key-source.ts';

/** An entry of `providers` without its key. */
export interface ProviderTarget {
  readonly kind?: string;
  readonly preset?: string;
  readonly base_url?: string;
}

type ProviderDraft = ProviderTarget & { readonly api_key_env?: string };

const hostOf = (address: string): string => new URL(address).hostname;

/** The host for which each vendor's usual variable holds the key. */
const hostsOfVariables: ReadonlyMap<string, string> = new Map([
  ['ANTHROPIC_API_KEY', 'api.anthropic.com'],
  ['GEMINI_API_KEY', 'generativelanguage.googleapis.com'],
  ...presetNames.map((name) => [presets[name].apiKeyEnv, hostOf(presets[name].baseUrl)] as const),
]);

/** Whether a variable may already hold the key of a vendor, which no other address must get. */
function isOfVendor(variable: string, { base_url }: ProviderTarget): boolean {
  const host = hostsOfVariables.get(variable);
  return host !== undefined && base_url !== undefined && hostOf(base_url) !== host;
}

/** Why an address cannot be carried over; null when it can. */
export function faultOfAddress(address: string | undefined): string | null {
  if (address === undefined) return null;
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    return 'its address is not an http or https URL. Write the address into the file, and import it again';
  }
  return url.username || url.password || url.search
    ? 'its address holds a user name, a password or a query. Connect it by hand, with the key in a variable'
    : null;
}

/** Collects the providers of a configuration: one for each address and key. */
export class ProviderDrafts {
  readonly entries: Record<string, ProviderDraft> = {};
  /** What the operator must set in the environment. */
  readonly notes: string[] = [];
  readonly #ids = new Map<string, string>();
  readonly #variables: Set<string>;

  /** `variables`: names that the configuration itself uses. */
  constructor(variables: Iterable<string>) {
    this.#variables = new Set(variables);
  }

  /** Returns the id of the provider with this address and key, and adds the provider when there is none yet. */
  add(name: string, target: ProviderTarget, key: KeySource): string {
    const identity = JSON.stringify([target, key]);
    const known = this.#ids.get(identity);
    if (known !== undefined) return known;
    const id = firstFree(name, '-', (candidate) => Object.hasOwn(this.entries, candidate));
    this.#ids.set(identity, id);
    const variable = this.#variableOf(id, target, key);
    this.entries[id] = { ...target, ...(variable === undefined ? {} : { api_key_env: variable }) };
    return id;
  }

  #variableOf(id: string, target: ProviderTarget, key: KeySource): string | undefined {
    if (key.from !== 'file') return key.from === 'variable' ? key.variable : undefined;
    const wanted = `${id.toUpperCase().replaceAll(/\W/g, '_')}_API_KEY`;
    const variable = firstFree(
      wanted,
      '_',
      (candidate) => this.#variables.has(candidate) || isOfVendor(candidate, target),
    );
    this.#variables.add(variable);
    this.notes.push(
      `provider ${id}: its key is in the file itself, and is not copied. Set ${variable} to it, in the environment or in .env.`,
    );
    return variable;
  }
}

function firstFree(name: string, joint: string, isTaken: (name: string) => boolean): string {
  let candidate = name;
  for (let count = 2; isTaken(candidate); count++) candidate = `${name}${joint}${count}`;
  return candidate;
}
