import { type AnyTRPCRouter, getTRPCErrorShape, TRPCError } from '@trpc/server';
import { errorRow } from '../../contracts/errors.ts';
import { toAppError } from '../errors/to-wire.ts';

/** Any thrown value, in the shape in which tRPC's clients get errors. `path` is the procedure that was called. */
export function errorShapeOf(router: AnyTRPCRouter, thrown: unknown, path?: string) {
  const cause = toAppError(thrown);
  return getTRPCErrorShape({
    config: router._def._config,
    error: new TRPCError({ code: errorRow(cause.code).trpc, message: cause.message, cause }),
    type: 'unknown',
    path,
    input: undefined,
    ctx: undefined,
  });
}
