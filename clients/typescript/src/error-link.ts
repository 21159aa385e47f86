import type { TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import { toGatewayError } from './gateway-error.ts';
import type { AppRouter } from './router-types.ts';

/** Makes every failure of the links behind it a GatewayError. */
export const errorLink: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) =>
    observable((observer) =>
      next(op).subscribe({
        next: (value) => observer.next(value),
        error: (error) => observer.error(toGatewayError(error, op.signal)),
        complete: () => observer.complete(),
      }),
    );
