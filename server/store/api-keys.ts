import { z } from 'zod';
import { useDatabase } from './failures.ts';
import { Prisma, type PrismaClient } from './generated/client.ts';
import { newId } from './ids.ts';
import type { KeyFields, KeyRow, KeySecret, KeyStore } from './interface/keys.ts';

/** A key as it is in the database. */
type StoredKey = Prisma.ApiKeyGetPayload<object>;

const List = z.array(z.string());

const toList = (text: string | null): string[] | null => (text === null ? null : List.parse(JSON.parse(text)));
const toAmount = (amount: bigint | null): number | null => (amount === null ? null : Number(amount));

const toKeyRow = (row: StoredKey): KeyRow => ({
  ...row,
  models: toList(row.models),
  ipRanges: toList(row.ipRanges),
  corsOrigins: toList(row.corsOrigins),
  dailyBudget: toAmount(row.dailyBudget),
  monthlyBudget: toAmount(row.monthlyBudget),
});

const toText = (list: readonly string[] | null | undefined) => (list ? JSON.stringify(list) : list);

/** Converts fields to columns. An undefined field keeps its value. */
const toColumns = ({ models, ipRanges, corsOrigins, ...fields }: Partial<KeyFields & KeySecret>) => ({
  ...fields,
  ...(models !== undefined && { models: toText(models) ?? null }),
  ...(ipRanges !== undefined && { ipRanges: toText(ipRanges) ?? null }),
  ...(corsOrigins !== undefined && { corsOrigins: toText(corsOrigins) ?? null }),
});

export class ApiKeys implements KeyStore {
  readonly #db: PrismaClient;

  constructor(db: PrismaClient) {
    this.#db = db;
  }

  create({ owner, ...key }: KeyFields & KeySecret & { readonly owner: string | null }): Promise<KeyRow> {
    const id = newId('key');
    const { models, ipRanges, corsOrigins, ...fields } = key;
    return useDatabase(async () => {
      const data = {
        ...fields,
        models: toText(models) ?? null,
        ipRanges: toText(ipRanges) ?? null,
        corsOrigins: toText(corsOrigins) ?? null,
        id,
        owner: owner ?? id,
        createdAt: new Date(),
        revision: 0,
      };
      const [, , row] = await this.#db.$transaction([
        this.#db.apiKey.create({ data }),
        this.#touch(id),
        this.#db.apiKey.findUniqueOrThrow({ where: { id } }),
      ]);
      return toKeyRow(row);
    });
  }

  list({ owner, limit, offset }: { owner?: string | undefined; limit: number; offset: number }) {
    return useDatabase(async () => {
      const where = owner === undefined ? {} : { owner };
      const rows = await this.#db.apiKey.findMany({ where, orderBy: { id: 'desc' }, take: limit, skip: offset });
      return rows.map(toKeyRow);
    });
  }

  find(id: string): Promise<KeyRow | null> {
    return useDatabase(async () => {
      const row = await this.#db.apiKey.findUnique({ where: { id } });
      return row && toKeyRow(row);
    });
  }

  names(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return useDatabase(async () => {
      const where = { id: { in: [...ids] } };
      const rows = await this.#db.apiKey.findMany({ where, select: { id: true, name: true } });
      return new Map(rows.map(({ id, name }) => [id, name]));
    });
  }

  update(id: string, fields: Partial<KeyFields & KeySecret>): Promise<KeyRow | null> {
    return this.#change(id, toColumns(fields));
  }

  revoke(id: string): Promise<KeyRow | null> {
    return this.#change(id, { enabled: false, revokedAt: new Date() });
  }

  changedSince(revision: number): Promise<readonly KeyRow[]> {
    return useDatabase(async () => {
      const where = { revision: { gt: revision } };
      return (await this.#db.apiKey.findMany({ where, orderBy: { revision: 'asc' } })).map(toKeyRow);
    });
  }

  /** Changes a key, and returns it. Null when there is none, or it was revoked: a revoked key never changes. */
  #change(id: string, data: Prisma.ApiKeyUpdateManyMutationInput): Promise<KeyRow | null> {
    return useDatabase(async () => {
      const [{ count }, , row] = await this.#db.$transaction([
        // The update must never be empty: Prisma would not report how many rows an empty update matched.
        this.#db.apiKey.updateMany({ where: { id, revokedAt: null }, data: { ...data, revision: { increment: 0 } } }),
        this.#touch(id),
        this.#db.apiKey.findUnique({ where: { id } }),
      ]);
      return count > 0 && row ? toKeyRow(row) : null;
    });
  }

  /** Gives the key the highest revision plus one. Writers take turns, so no other key gets the same number. */
  #touch(id: string) {
    return this.#db.$executeRaw(Prisma.sql`
      UPDATE "ApiKey" SET "revision" = (SELECT COALESCE(MAX("revision"), 0) + 1 FROM "ApiKey") WHERE "id" = ${id}`);
  }
}
