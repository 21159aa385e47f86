import { AuditList, ListAuditRequest } from '../../contracts/system/audit.ts';
import { listAudit } from '../features/system/list-audit.ts';
import type { Store } from '../store/interface/store.ts';
import { describeAccounts } from './describe-accounts.ts';
import { answers } from './output.ts';
import { procedure } from './trpc.ts';

/** `api.audit`, for the administrator only. */
export const auditProcedure = ({ audit }: Pick<Store, 'audit'>) =>
  procedure
    .meta(
      describeAccounts(
        'GET',
        '/api/audit',
        'List what administrators changed, and which conversations of others they read',
      ),
    )
    .input(ListAuditRequest)
    .output(answers(AuditList))
    .query(({ ctx, input }) => listAudit(audit, input, ctx.caller.principal));
