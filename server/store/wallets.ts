import { BackgroundWriter } from './background-writer.ts';
import { useDatabase } from './failures.ts';
import type { PrismaClient } from './generated/client.ts';
import { newId } from './ids.ts';
import type { LedgerRow, NewEntry, NewReservation, Reserved, WalletRow, WalletStore } from './interface/wallets.ts';
import type { Owner } from './owner.ts';
import type { Transact } from './sqlite/adapter.ts';
import type { Statements } from './sqlite/connection.ts';
import { toSqliteTime } from './sqlite/values.ts';

/**
 * Each step is one statement: a condition and what follows from it. Triggers (see the migration) carry it to the wallet
 * within the same statement, so there is no moment in which the sums are wrong, and no transaction to wait for.
 */
const RESERVE = `INSERT INTO "Reservation" ("id", "owner", "keyId", "amount", "requestId", "process", "createdAt")
  SELECT :id, "owner", :keyId, :amount, :requestId, :process, :at FROM "Wallet"
  WHERE "owner" = :owner AND "balance" - "held" >= :amount
    AND (:daily IS NULL OR :amount + (${heldBy(':keyId')}) + (${spentBy(':keyId', ':day', ':day')}) <= :daily)
    AND (:monthly IS NULL OR :amount + (${heldBy(':keyId')}) + (${spentBy(':keyId', ':month', ':day')}) <= :monthly)`;

const POST = `INSERT INTO "LedgerEntry" ("owner", "at", "kind", "amount", "author", "reason")
  SELECT :owner, :at, :kind, :amount, :author, :reason
  WHERE COALESCE((SELECT "balance" - "held" FROM "Wallet" WHERE "owner" = :owner), 0) + :amount >= 0`;

/** Does nothing when the reservation is gone, so a settlement that is written twice counts once. */
const CHARGE = `INSERT INTO "LedgerEntry"
    ("owner", "at", "kind", "amount", "author", "reason", "reservationId", "keyId", "requestId")
  SELECT r."owner", ?, 'charge', -MIN(?, w."balance" - w."held" + r."amount"), 'gateway', ?, r."id", r."keyId",
    r."requestId"
  FROM "Reservation" r JOIN "Wallet" w ON w."owner" = r."owner" WHERE r."id" = ?`;

const RELEASE = `DELETE FROM "Reservation" WHERE "id" = ?`;

interface Settlement {
  readonly id: string;
  readonly amount: number;
  readonly reason: string;
  readonly at: Date;
}

function settle(db: Statements, { id, amount, reason, at }: Settlement): void {
  if (amount > 0) db.run(CHARGE, toSqliteTime(at), amount, reason, id);
  else db.run(RELEASE, id);
}

function heldBy(key: string): string {
  return `SELECT COALESCE(SUM("amount"), 0) FROM "Reservation" WHERE "keyId" = ${key}`;
}

function spentBy(key: string, from: string, to: string): string {
  return `SELECT COALESCE(SUM("amount"), 0) FROM "DailySpend" WHERE "keyId" = ${key} AND "day" BETWEEN ${from} AND ${to}`;
}

/** The day of UTC, and the first one of its month. */
const daysOf = (at: Date) => {
  const day = at.toISOString().slice(0, 10);
  return { day, month: `${day.slice(0, 7)}-01` };
};

type StoredWallet = Omit<WalletRow, 'balance' | 'held'> & { readonly balance: bigint; readonly held: bigint };

const toWallet = (row: StoredWallet): WalletRow => ({
  ...row,
  balance: Number(row.balance),
  held: Number(row.held),
});

export interface WalletDeps {
  readonly db: PrismaClient;
  readonly transact: Transact;
  readonly owner: Owner;
  readonly onError: (error: unknown) => void;
}

export class Wallets implements WalletStore {
  readonly #db: PrismaClient;
  readonly #transact: Transact;
  readonly #process: Owner;
  readonly #settlements: BackgroundWriter<Settlement>;

  constructor({ db, transact, owner, onError }: WalletDeps) {
    this.#db = db;
    this.#transact = transact;
    this.#process = owner;
    this.#settlements = new BackgroundWriter({
      one: 'a charge',
      many: 'charges',
      write: (settlements) =>
        transact((statements) => {
          for (const settlement of settlements) settle(statements, settlement);
        }),
      onError,
    });
  }

  find(owner: string): Promise<WalletRow | null> {
    return useDatabase(async () => {
      const row = await this.#db.wallet.findUnique({ where: { owner } });
      return row && toWallet(row);
    });
  }

  list({ limit, offset }: { limit: number; offset: number }): Promise<readonly WalletRow[]> {
    return useDatabase(async () => {
      const rows = await this.#db.wallet.findMany({ orderBy: { owner: 'asc' }, take: limit, skip: offset });
      return rows.map(toWallet);
    });
  }

  post({ owner, kind, amount, author, reason }: NewEntry): Promise<boolean> {
    const at = toSqliteTime(new Date());
    return useDatabase(
      async () => (await this.#transact((db) => db.run(POST, { owner, at, kind, amount, author, reason }))) > 0,
    );
  }

  entries(owner: string, { limit, offset }: { limit: number; offset: number }): Promise<readonly LedgerRow[]> {
    return useDatabase(async () => {
      const rows = await this.#db.ledgerEntry.findMany({
        where: { owner },
        orderBy: { key: 'desc' },
        take: limit,
        skip: offset,
        omit: { reservationId: true },
      });
      return rows.map((row) => ({ ...row, amount: Number(row.amount) }));
    });
  }

  reserve(wanted: NewReservation): Promise<Reserved> {
    return useDatabase(async () => {
      const reserved = await this.#tryReserve(wanted);
      if (reserved) return reserved;
      // A process may have died while this one lives on, and what it held with it.
      if (await this.release(wanted.owner)) {
        const retried = await this.#tryReserve(wanted);
        if (retried) return retried;
      }
      return { refused: await this.#reasonOf(wanted) };
    });
  }

  settle(settlement: { readonly id: string; readonly amount: number; readonly reason: string }): void {
    this.#settlements.add({ ...settlement, at: new Date() });
  }

  flush(): Promise<void> {
    return this.#settlements.flush();
  }

  close(): Promise<void> {
    return this.#settlements.close();
  }

  spentByDay(owner: string | null): Promise<readonly { day: string; amount: number }[]> {
    return useDatabase(async () => {
      // Keys are never deleted, and never change their owner.
      const keys =
        owner === null ? undefined : await this.#db.apiKey.findMany({ where: { owner }, select: { id: true } });
      const where = keys ? { keyId: { in: keys.map(({ id }) => id) } } : {};
      const days = await this.#db.dailySpend.groupBy({
        by: ['day'],
        where,
        _sum: { amount: true },
        orderBy: { day: 'asc' },
      });
      return days.map(({ day, _sum }) => ({ day, amount: Number(_sum.amount ?? 0) }));
    });
  }

  spent(keyId: string, at: Date): Promise<{ day: number; month: number }> {
    const { day, month } = daysOf(at);
    return useDatabase(async () => {
      const rows = await this.#db.dailySpend.findMany({ where: { keyId, day: { gte: month, lte: day } } });
      const sum = (some: typeof rows) => some.reduce((total, { amount }) => total + Number(amount), 0);
      return { day: sum(rows.filter((row) => row.day === day)), month: sum(rows) };
    });
  }

  /** Gives back what processes that are gone have held, of one owner or of all; false when there was nothing. */
  async release(owner?: string): Promise<boolean> {
    const where = owner === undefined ? {} : { owner };
    const others = { ...where, process: { not: this.#process.id } };
    const holders = await this.#db.reservation.groupBy({ by: ['process'], where: others });
    const dead = holders.map(({ process }) => process).filter((process) => !this.#process.isAlive(process));
    if (dead.length === 0) return false;
    const { count } = await this.#db.reservation.deleteMany({ where: { ...where, process: { in: dead } } });
    return count > 0;
  }

  async #tryReserve(wanted: NewReservation): Promise<{ id: string } | null> {
    const { owner, keyId, requestId, amount, dailyBudget: daily, monthlyBudget: monthly } = wanted;
    const id = newId('rsv');
    const now = new Date();
    const at = toSqliteTime(now);
    const values = { id, owner, keyId, requestId, amount, daily, monthly, process: this.#process.id, at };
    const changes = await this.#transact((db) => db.run(RESERVE, { ...values, ...daysOf(now) }));
    return changes > 0 ? { id } : null;
  }

  async #reasonOf({
    owner,
    keyId,
    amount,
    dailyBudget,
    monthlyBudget,
  }: NewReservation): Promise<'balance' | 'daily' | 'monthly'> {
    const wallet = await this.find(owner);
    if (!wallet || keyId === null || wallet.balance - wallet.held < amount) return 'balance';
    const { _sum } = await this.#db.reservation.aggregate({ where: { keyId }, _sum: { amount: true } });
    const { day, month } = await this.spent(keyId, new Date());
    const wanted = amount + Number(_sum.amount ?? 0);
    if (dailyBudget !== null && wanted + day > dailyBudget) return 'daily';
    // Else something was given back since: then it was the balance that did not do.
    return monthlyBudget !== null && wanted + month > monthlyBudget ? 'monthly' : 'balance';
  }
}
