import { z } from 'zod';

/** As the header `Idempotency-Key`, where there are no headers. */
export const idempotencyKey = () =>
  z
    .string()
    .nullish()
    .describe(
      'As the header `Idempotency-Key`, where a websocket has no headers: the same request with the same key is answered and ' +
        'billed once. From 1 to 255 characters of printable ASCII.',
    );
