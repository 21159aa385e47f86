import type { z } from 'zod';
import type { Dialect } from './dialect.ts';
import type { FieldPolicy, Provider } from './provider.ts';
import { TranslatingProvider, type TranslatingSettings } from './translating-provider.ts';

/** Whose dialect a kind is: what an entry of the models file need not say. */
export interface Vendor {
  readonly baseUrl: string;
  /** The variable that holds the key. */
  readonly apiKeyEnv: string;
  /** Which fields keys may send. */
  readonly policy: FieldPolicy;
}

/** A kind of upstream that one vendor alone speaks: a row of the registry. */
export interface ProviderKind {
  /** As `kind:` in the models file has it. */
  readonly kind: string;
  readonly vendor: Vendor;
  /** What an entry of this kind may say beside what every entry may. */
  readonly fields?: z.ZodRawShape;
  /** `own`: the entry, for the fields that only this kind has. */
  create(id: string, settings: TranslatingSettings, own: object): Provider;
}

/** Creates the providers of a dialect that has no settings of its own. */
export const speaking =
  (dialect: Dialect): ProviderKind['create'] =>
  (id, settings) =>
    new TranslatingProvider(id, dialect, settings);
