import type { Principal } from '../access/caller.ts';
import { checkFields, senderOf, throwFault } from '../access/check-fields.ts';
import { plain } from '../access/content-check.ts';
import type { CatalogModel } from '../models/catalog.ts';

/** A field of a form; `value` may be only its beginning. */
export interface FormField {
  readonly name: string;
  readonly value: string;
}

/** Words for the model, which may speak of addresses. */
const WORDS: ReadonlySet<string> = new Set(['prompt', 'hotwords', 'response_format', 'language']);

/** Refuses a field that a key cannot send. Refuses an address instead of a recording, from the administrator too. */
export function checkFormField(principal: Principal, model: CatalogModel, { name, value }: FormField): void {
  checkFields(principal, model, 'transcriptions', { [name]: value });
  if (!WORDS.has(name)) throwFault(plain(value, senderOf(principal, model)), name);
}
