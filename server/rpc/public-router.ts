import type { TRPCBuiltRouter } from '@trpc/server';
import type { createRouter } from './router.ts';

/** Removes the types that only the server knows, so that the printed type needs nothing but `@trpc/server`. */
type Public<R> =
  R extends TRPCBuiltRouter<infer Root, infer Record>
    ? TRPCBuiltRouter<
        { ctx: object; meta: object; errorShape: Root['errorShape']; transformer: Root['transformer'] },
        Record
      >
    : never;

const expose = <R>(_router: R): Public<R> => undefined as never;

/**
 * This is never used at run time. It makes `tsc` print the resolved type of the router, which the client package ships.
 */
export const publicRouter = expose(undefined as unknown as ReturnType<typeof createRouter>);
