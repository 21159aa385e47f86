import { z } from 'zod';
import { Page } from '../keys/key.ts';
import { listOf } from '../schemas/list-of.ts';
import { recordOf } from '../schemas/record-of.ts';

/** `GET /api/audit`: newest first. */
export const ListAuditRequest = z.object(Page).meta({ id: 'ListAuditRequest' });
export type ListAuditRequest = z.infer<typeof ListAuditRequest>;

export const AuditList = z
  .object({
    items: listOf(
      z.object({
        id: z.int(),
        at: z.iso.datetime(),
        actor: z.string(),
        action: z.string().describe('Such as `keys.create`.'),
        subject: z.string(),
        details: recordOf(z.string(), z.unknown()),
      }),
    ),
  })
  .meta({ id: 'AuditList' });
export type AuditList = z.infer<typeof AuditList>;
