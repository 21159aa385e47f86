import { describeOperations } from './describe-operations.ts';

/** Describes operations of the administrator, and of keys that ask about themselves. */
export const describeAccounts = describeOperations(
  {
    name: 'accounts',
    about: "Keys, wallets and the audit, for the administrator's bearer only; usage, for keys too.",
  },
  () => [400, 403, 404, 503],
);
