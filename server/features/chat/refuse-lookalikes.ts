import { invalidField } from '../../errors/invalid-field.ts';
import { foldName } from '../access/field-names.ts';

/**
 * Refuses a key that differs from a checked one by case alone. Upstreams written in Go (Ollama and most proxies) read
 * `Model` as `model`, the last one winning: it would be a model, or an address, that nobody checked.
 */
export function refuseLookalikes(object: object, checked: ReadonlySet<string>, at = ''): void {
  for (const key of Object.keys(object)) {
    if (checked.has(key)) continue;
    const plain = foldName(key);
    if (!checked.has(plain)) continue;
    throw invalidField(at + key, `'${key.slice(0, 100)}' must be written '${plain}'.`);
  }
}
