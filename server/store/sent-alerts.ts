import { hash } from 'node:crypto';
import { useDatabase } from './failures.ts';
import type { PrismaClient } from './generated/client.ts';
import type { SentAlertStore } from './interface/sent-alerts.ts';

/** The subject of an alert may name an end user, so the database keeps only a hash. */
const idOf = (alert: string): string => hash('sha256', alert, 'hex');

export class SentAlerts implements SentAlertStore {
  readonly #db: PrismaClient;

  constructor(db: PrismaClient) {
    this.#db = db;
  }

  sentAt(alert: string): Promise<Date | null> {
    return useDatabase(async () => {
      const row = await this.#db.sentAlert.findUnique({ where: { id: idOf(alert) } });
      return row?.at ?? null;
    });
  }

  record(alert: string, forgetBefore: Date): Promise<void> {
    const [id, at] = [idOf(alert), new Date()];
    return useDatabase(async () => {
      await this.#db.sentAlert.upsert({ where: { id }, create: { id, at }, update: { at } });
      await this.#db.sentAlert.deleteMany({ where: { at: { lt: forgetBefore } } });
    });
  }
}
