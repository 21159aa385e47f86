import type { Readiness } from '../../../contracts/system/health.ts';
import type { ReloadReport } from '../../../contracts/system/reload.ts';
import type { AuditStore } from '../../store/interface/audit.ts';
import type { Principal } from '../access/caller.ts';
import { ensureAdmin } from '../access/ensure-admin.ts';

/** The models file as far as it can change while the gateway runs. */
export interface ModelsSource {
  /** Reads it again, and puts it into effect as a whole. Throws `models_file_rejected`; then nothing has changed. */
  reload(): Promise<ReloadReport>;
  /** Whether the newest file is in effect. */
  readonly status: Readiness['models_file'];
}

/** `POST /api/reload` */
export async function reloadModels(
  source: Pick<ModelsSource, 'reload'>,
  audit: AuditStore,
  principal: Principal,
): Promise<ReloadReport> {
  const actor = ensureAdmin(principal);
  const report = await source.reload();
  if (report.changed) {
    const { models, providers } = report;
    await audit.record({ actor, action: 'models.reload', subject: 'models file', details: { models, providers } });
  }
  return report;
}
