import { z } from 'zod';
import { useDatabase } from './failures.ts';
import type { PrismaClient } from './generated/client.ts';
import type { AuditStore, NewAudit } from './interface/audit.ts';

const Details = z.record(z.string(), z.unknown());

export class Audit implements AuditStore {
  readonly #db: PrismaClient;

  constructor(db: PrismaClient) {
    this.#db = db;
  }

  record({ actor, action, subject, details }: NewAudit): Promise<void> {
    const data = { at: new Date(), actor, action, subject, details: JSON.stringify(details) };
    return useDatabase(async () => void (await this.#db.auditRow.create({ data })));
  }

  list({ limit, offset }: { limit: number; offset: number }) {
    return useDatabase(async () => {
      const rows = await this.#db.auditRow.findMany({ orderBy: { key: 'desc' }, take: limit, skip: offset });
      return rows.map((row) => ({ ...row, details: Details.parse(JSON.parse(row.details)) }));
    });
  }
}
