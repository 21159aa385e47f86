import type { Principal } from './caller.ts';

/** What the administrator and a visitor of the demo have in common: no key in the database, so nothing that a key has. */
export const WITHOUT_KEY = {
  keyId: null,
  group: null,
  models: null,
  account: null,
  origins: null,
  token: null,
  revoked: null,
} as const satisfies Partial<Principal>;
