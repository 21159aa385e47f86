import type { Outputs } from '@duplex/client';

export type ApiKey = Outputs['api']['keys']['get'];
export type ListedKey = Outputs['api']['keys']['list']['items'][number];

/** The dialog that is open, and the key that it is about. */
export type OpenKey =
  | { readonly what: 'create' }
  | { readonly what: 'edit' | 'rotate' | 'revoke'; readonly key: ApiKey }
  | null;
