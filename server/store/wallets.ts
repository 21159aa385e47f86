import type { Background } from './background/background.ts';
import { daysOf } from './days-of.ts';
import { explainShortage, type Held, type ShortageDeps } from './explain-shortage.ts';
import { useDatabase } from './failures.ts';
import type { PrismaClient } from './generated/client.ts';
import { newId } from './ids.ts';
import type {
  Growth,
  LedgerRow,
  NewEntry,
  NewReservation,
  Reserved,
  TokenBudget,
  UserWish,
  WalletRow,
  WalletStore,
} from './interface/wallets.ts';
import type { ProcessLock } from './process-lock.ts';
import { toGrow, toReserve } from './reserve-statements.ts';
import type { DaySpend } from './spend-by-day.ts';
import type { Transact } from './sqlite/adapter.ts';
import { toSqliteTime } from './sqlite/values.ts';

const ADD_ENTRY = `INSERT INTO "LedgerEntry" ("owner", "at", "kind", "amount", "author", "reason")
  SELECT :owner, :at, :kind, :amount, :author, :reason
  WHERE COALESCE((SELECT "balance" - "held" FROM "Wallet" WHERE "owner" = :owner), 0) + :amount >= 0`;

type StoredWallet = Omit<WalletRow, 'balance' | 'held'> & { readonly balance: bigint; readonly held: bigint };

const toWallet = (row: StoredWallet): WalletRow => ({
  ...row,
  balance: Number(row.balance),
  held: Number(row.held),
});

type Values = Readonly<Record<string, string | number | null>>;

/** The values of the statements that look at the budget of an end user. */
const ofUser = (user: UserWish | undefined): Values =>
  user ? { userId: user.id, leastTokens: user.leastTokens, mostTokens: user.mostTokens } : {};

/** The values of the statements that look at the budget of a client token. */
const ofToken = (token: TokenBudget | undefined): Values =>
  token ? { tokenId: token.id, tokenBudget: token.budget } : {};

export interface WalletDeps {
  readonly db: PrismaClient;
  readonly transact: Transact;
  readonly lock: ProcessLock;
  readonly budgets: ShortageDeps['budgets'];
  /** Resolves when every charge so far is written. */
  readonly flush: () => Promise<void>;
  readonly background: Pick<Background, 'call'>;
}

export class Wallets implements WalletStore {
  readonly #db: PrismaClient;
  readonly #transact: Transact;
  readonly #lock: ProcessLock;
  readonly #budgets: WalletDeps['budgets'];
  readonly #flush: () => Promise<void>;
  readonly #background: WalletDeps['background'];

  constructor({ db, transact, lock, budgets, flush, background }: WalletDeps) {
    this.#background = background;
    this.#budgets = budgets;
    this.#db = db;
    this.#transact = transact;
    this.#lock = lock;
    this.#flush = flush;
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

  addEntry({ owner, kind, amount, author, reason }: NewEntry): Promise<boolean> {
    const at = toSqliteTime(new Date());
    return useDatabase(
      async () => (await this.#transact((db) => db.run(ADD_ENTRY, { owner, at, kind, amount, author, reason }))) > 0,
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
    const { owner, keyId, requestId, least, most, user, token } = wanted;
    const id = newId('rsv');
    const values = { id, owner, keyId, requestId, least, most, process: this.#lock.id };
    return this.#hold(wanted, toReserve(wanted), (at) => ({
      ...values,
      ...ofUser(user),
      ...ofToken(token),
      at: toSqliteTime(at),
    }));
  }

  grow(growth: Growth): Promise<Reserved> {
    const { id, owner, keyId, least, most, user, token } = growth;
    const values = { id, owner, keyId, least, most, ...ofUser(user), ...ofToken(token) };
    return this.#hold(growth, toGrow(growth), () => values);
  }

  flush(): Promise<void> {
    return this.#flush();
  }

  held(): Promise<number> {
    return useDatabase(async () => Number((await this.#db.wallet.aggregate({ _sum: { held: true } }))._sum.held ?? 0));
  }

  spentByDay(owner: string | null): Promise<readonly DaySpend[]> {
    return useDatabase(() => this.#background.call('spendByDay', owner));
  }

  spent(keyId: string, at: Date): Promise<{ day: number; month: number }> {
    const { day, month } = daysOf(at);
    return useDatabase(async () => {
      const rows = await this.#db.dailySpend.findMany({ where: { keyId, day: { gte: month, lte: day } } });
      const sum = (some: typeof rows) => some.reduce((total, { amount }) => total + Number(amount), 0);
      return { day: sum(rows.filter((row) => row.day === day)), month: sum(rows) };
    });
  }

  /** Releases the reservations of processes that are gone, of one owner or of all. False when there were none. */
  async release(owner?: string): Promise<boolean> {
    const where = owner === undefined ? {} : { owner };
    const others = { ...where, process: { not: this.#lock.id } };
    const holders = await this.#db.reservation.groupBy({ by: ['process'], where: others });
    const dead = holders.map(({ process }) => process).filter((process) => !this.#lock.isAlive(process));
    if (dead.length === 0) return false;
    const { count } = await this.#db.reservation.deleteMany({ where: { ...where, process: { in: dead } } });
    return count > 0;
  }

  #hold(wanted: Held, sql: string, valuesAt: (at: Date) => Values): Promise<Reserved> {
    const attempt = async () => {
      const at = new Date();
      const { dailyBudget: daily, monthlyBudget: monthly } = wanted;
      const values = { ...valuesAt(at), daily, monthly, ...daysOf(at) };
      const [row] = await this.#transact((db) => db.all(sql, values));
      return row ? { id: String(row[0]), amount: Number(row[1]), tokens: Number(row[2]) } : null;
    };
    return useDatabase(async () => {
      const held = await attempt();
      if (held) return held;
      // Another process may have died and left its reservations.
      const retried = (await this.release(wanted.owner)) ? await attempt() : null;
      return retried ?? explainShortage({ db: this.#db, budgets: this.#budgets, wallets: this }, wanted);
    });
  }
}
