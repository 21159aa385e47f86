import { describeOperations } from './describe-operations.ts';

/** Describes operations on the backends, the models file and the log, which only the administrator may call. */
export const describeOperator = describeOperations(
  { name: 'operator', about: "Backends, the models file and the log, for the administrator's bearer only." },
  () => [400, 403, 503],
);
