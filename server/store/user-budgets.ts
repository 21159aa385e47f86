import { useDatabase } from './failures.ts';
import { Prisma, type PrismaClient } from './generated/client.ts';
import { NO_USE, type PeriodUse, type UserBudgetRow, type UserBudgetStore } from './interface/user-budgets.ts';
import { readUserUse } from './user-use.ts';

/** How often the changes of other processes are asked for, in ms. */
const POLL_MS = 1_000;

/** Names every end user without a budget of its own. */
const FOR_ALL = '*';

/**
 * One step of the index for each owner, however many users each has. The statement begins with SELECT, so that the
 * connection for reading runs it: looking for changes must not hold up a writer.
 */
const OWNERS = Prisma.sql`
  SELECT "owner" FROM (
    WITH RECURSIVE "step"("owner") AS (
      SELECT MIN("owner") FROM "UserBudget"
      UNION ALL
      SELECT (SELECT MIN("owner") FROM "UserBudget" WHERE "owner" > "step"."owner") FROM "step"
      WHERE "step"."owner" IS NOT NULL)
    SELECT "owner" FROM "step" WHERE "owner" IS NOT NULL)`;

type StoredBudget = Readonly<Record<'owner' | 'userId', string>> &
  Readonly<Record<'dailyBudget' | 'monthlyBudget' | 'dailyTokens' | 'monthlyTokens', bigint | null>>;

const toNumber = (value: bigint | null): number | null => (value === null ? null : Number(value));

const toRow = (row: StoredBudget): UserBudgetRow => ({
  owner: row.owner,
  userId: row.userId,
  dailyBudget: toNumber(row.dailyBudget),
  monthlyBudget: toNumber(row.monthlyBudget),
  dailyTokens: toNumber(row.dailyTokens),
  monthlyTokens: toNumber(row.monthlyTokens),
});

export interface UserBudgetDeps {
  readonly db: PrismaClient;
  /** Resolves when everything that was used so far is written. */
  readonly flush: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

export class UserBudgets implements UserBudgetStore {
  readonly #deps: UserBudgetDeps;
  #timer: NodeJS.Timeout | undefined;
  #owners: ReadonlySet<string> = new Set();
  #refreshing: Promise<void> | null = null;

  constructor(deps: UserBudgetDeps) {
    this.#deps = deps;
  }

  /** Begins to look for changes. Called once the tables are there. */
  async open(): Promise<void> {
    await this.#refresh();
    this.#timer = setInterval(() => void this.#refresh().catch(this.#deps.onError), POLL_MS).unref();
  }

  limits(owner: string): boolean {
    return this.#owners.has(owner);
  }

  async set({ owner, userId, ...limits }: UserBudgetRow): Promise<void> {
    await useDatabase(() =>
      this.#deps.db.userBudget.upsert({
        where: { owner_userId: { owner, userId } },
        create: { owner, userId, ...limits },
        update: limits,
      }),
    );
    await this.#refreshAnew();
  }

  async remove(owner: string, userId: string): Promise<boolean> {
    const { count } = await useDatabase(() => this.#deps.db.userBudget.deleteMany({ where: { owner, userId } }));
    await this.#refreshAnew();
    return count > 0;
  }

  findFor(owner: string, userId: string): Promise<UserBudgetRow | null> {
    return useDatabase(async () => {
      const rows = await this.#deps.db.userBudget.findMany({ where: { owner, userId: { in: [userId, FOR_ALL] } } });
      const row = rows.find((found) => found.userId === userId) ?? rows[0];
      return row ? toRow(row) : null;
    });
  }

  list(owner: string, { limit, offset }: { limit: number; offset: number }): Promise<readonly UserBudgetRow[]> {
    return useDatabase(async () => {
      const orderBy = { userId: 'asc' } as const;
      const rows = await this.#deps.db.userBudget.findMany({ where: { owner }, orderBy, take: limit, skip: offset });
      return rows.map(toRow);
    });
  }

  async used(owner: string, userId: string, at: Date): Promise<PeriodUse> {
    return (await this.usedOfEach(owner, [userId], at)).get(userId) ?? NO_USE;
  }

  async usedOfEach(owner: string, userIds: readonly string[], at: Date): Promise<ReadonlyMap<string, PeriodUse>> {
    await useDatabase(this.#deps.flush);
    return readUserUse(this.#deps.db, owner, userIds, at);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#refreshing?.catch(() => {});
  }

  /** Marks a change, because a read that began before the change may not have seen it. */
  async #refreshAnew(): Promise<void> {
    await this.#refreshing?.catch(() => {});
    await this.#refresh();
  }

  #refresh(): Promise<void> {
    this.#refreshing ??= this.#read().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #read(): Promise<void> {
    const rows = await useDatabase(() => this.#deps.db.$queryRaw<{ owner: string }[]>(OWNERS));
    this.#owners = new Set(rows.map(({ owner }) => owner));
  }
}
