import { describeOperations } from './describe-operations.ts';

/** Describes operations on the backends and the models file, which only the administrator may call. */
export const describeOperator = describeOperations(
  { name: 'operator', about: "Backends and the models file, for the administrator's bearer alone." },
  () => [400, 403, 503],
);
