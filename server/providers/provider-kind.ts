import type { z } from 'zod';
import type { Dialect } from './dialect.ts';
import type { FieldPolicy, Provider } from './provider.ts';
import { TranslatingProvider, type TranslatingSettings } from './translating-provider.ts';

/** The vendor of a kind: what an entry of the models file need not say. */
export interface Vendor {
  readonly baseUrl: string;
  /** The environment variable that holds the key. */
  readonly apiKeyEnv: string;
  /** The fields that keys can send. */
  readonly policy: FieldPolicy;
}

/** A kind of upstream whose dialect only one vendor has: a row of the registry. */
export interface ProviderKind {
  /** The value of `kind:` in the models file. */
  readonly kind: string;
  readonly vendor: Vendor;
  /** Fields of an entry of this kind beside those that every entry may have. */
  readonly fields?: z.ZodRawShape;
  /** Creates a provider. `own` is the entry, for the fields that only this kind has. */
  create(id: string, settings: TranslatingSettings, own: object): Provider;
}

/** Creates the providers of a dialect that has no settings of its own. */
export const speaking =
  (dialect: Dialect): ProviderKind['create'] =>
  (id, settings) =>
    new TranslatingProvider(id, dialect, settings);
