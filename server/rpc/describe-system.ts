import { describeOperations } from './describe-operations.ts';

/** Operations that need no key. */
export const describeSystem = describeOperations({ name: 'system', about: 'Health and the error catalog.' }, () => [
  500,
]);
