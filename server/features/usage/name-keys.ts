import type { KeyStore } from '../../store/interface/keys.ts';

/** Finds the name of each key among the ids; null, the administrator's bearer, has none. */
export async function nameKeys(
  keys: Pick<KeyStore, 'names'>,
  ids: readonly (string | null | undefined)[],
): Promise<(id: string | null | undefined) => string | null> {
  const known = [...new Set(ids)].filter((id) => id != null);
  const names = known.length > 0 ? await keys.names(known) : new Map<string, string>();
  return (id) => (id == null ? null : (names.get(id) ?? null));
}
