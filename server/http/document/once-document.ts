import { errorRow } from '../../../contracts/errors.ts';

const refusals = ['idempotency_in_progress', 'idempotency_not_kept', 'idempotency_mismatch'] as const;

/** The statuses with which an idempotency key can be refused, beside 400. */
export const ONCE_ERRORS = refusals.map((code) => String(errorRow(code).status));

/** The request header of operations that answer a request once. */
export const onceParameter = {
  name: 'Idempotency-Key',
  in: 'header' as const,
  required: false,
  description:
    'A value that is new for each request, such as a UUID, quoted or bare. The same request with the same key is answered and ' +
    'billed once: a retry gets the same answer, with `x-gateway-replayed: true`. Another ' +
    'request with the key gets 422 `idempotency_mismatch`.',
  example: '8e03978e-40d5-43dd-bc93-6894a57f9324',
  schema: { type: 'string' as const, minLength: 1, maxLength: 255 },
};

/** The response header that tells a replay. */
export const replayedHeader = {
  description: '`true` when an earlier request with the same `Idempotency-Key` asked for this answer.',
  schema: { type: 'string' },
};
