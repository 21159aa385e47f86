import type { AuditList, ListAuditRequest } from '../../../contracts/system/audit.ts';
import type { AuditStore } from '../../store/interface/audit.ts';
import type { Principal } from '../access/caller.ts';
import { ensureAdmin } from '../access/ensure-admin.ts';

/** `GET /api/audit` */
export async function listAudit(
  audit: AuditStore,
  { limit = 100, offset = 0 }: ListAuditRequest,
  principal: Principal,
): Promise<AuditList> {
  ensureAdmin(principal);
  const rows = await audit.list({ limit, offset });
  return {
    items: rows.map(({ key, at, details, ...row }) => ({
      id: key,
      at: at.toISOString(),
      ...row,
      details: { ...details },
    })),
  };
}
