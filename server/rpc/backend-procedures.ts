import { BackendList, BackendReport, TestBackendRequest } from '../../contracts/system/backend.ts';
import { type BackendDeps, listBackends, testBackend } from '../features/system/test-backend.ts';
import { describeOperator } from './describe-operator.ts';
import { answers } from './output.ts';
import { procedure } from './trpc.ts';

/** `api.backends` */
export const backendProcedures = (deps: BackendDeps) => ({
  list: procedure
    .meta(
      describeOperator('GET', '/api/backends', 'List the backends with their last outcomes', { errors: [403, 503] }),
    )
    .output(answers(BackendList))
    .query(({ ctx }) => listBackends(deps, ctx.caller.principal)),
  test: procedure
    .meta(
      describeOperator('POST', '/api/backends/test', 'Have a backend answer', {
        description: 'Sends one or two small chats. `test` in `GET /api/backends` says what they cost at most.',
      }),
    )
    .input(TestBackendRequest)
    .output(answers(BackendReport))
    .mutation(({ ctx, input }) => testBackend(deps, input, ctx.caller)),
});
