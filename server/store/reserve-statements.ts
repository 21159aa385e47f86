const heldBy = (key: string): string => `SELECT COALESCE(SUM("amount"), 0) FROM "Reservation" WHERE "keyId" = ${key}`;

const spentBy = (key: string, from: string, to: string): string =>
  `SELECT COALESCE(SUM("amount"), 0) FROM "DailySpend" WHERE "keyId" = ${key} AND "day" BETWEEN ${from} AND ${to}`;

/** Selects what a client token has left of its budget. */
const LEFT_OF_TOKEN = `:tokenBudget
    - (SELECT COALESCE(SUM("amount"), 0) FROM "Reservation" WHERE "tokenId" = :tokenId)
    - COALESCE((SELECT "amount" FROM "TokenSpend" WHERE "tokenId" = :tokenId), 0)`;

/** Selects the amount that the wallet and the budgets of the key, and of the client token if there is one, leave. */
const freeOf = (hasToken: boolean): string => `SELECT MIN("balance" - "held",
    CASE WHEN :daily IS NULL THEN "balance" ELSE :daily - (${heldBy(':keyId')}) - (${spentBy(':keyId', ':day', ':day')}) END,
    CASE WHEN :monthly IS NULL THEN "balance" ELSE :monthly - (${heldBy(':keyId')}) - (${spentBy(':keyId', ':month', ':day')}) END
    ${hasToken ? `, ${LEFT_OF_TOKEN}` : ''}
  ) AS "free" FROM "Wallet" WHERE "owner" = :owner`;

/** The largest number that is exact in JavaScript. It stands for "no limit". */
const ANY = Number.MAX_SAFE_INTEGER;

const heldByUser = (column: string): string =>
  `SELECT COALESCE(SUM("${column}"), 0) FROM "Reservation" WHERE "owner" = :owner AND "userId" = :userId`;

const usedByUser = (column: string, from: string): string =>
  `SELECT COALESCE(SUM("${column}"), 0) FROM "UserSpend"
    WHERE "owner" = :owner AND "userId" = :userId AND "day" BETWEEN ${from} AND :day`;

const left = (limit: string, column: string, from: string): string =>
  `CASE WHEN "${limit}" IS NULL THEN ${ANY} ELSE "${limit}" - (${heldByUser(column)}) - (${usedByUser(column, from)}) END`;

/**
 * Selects the smaller one of that amount and of what the budget of the end user leaves: its own budget, or the one for all.
 * It also gives a row when there is no wallet.
 */
const freeForUser = (hasToken: boolean): string => `SELECT MIN("free", ${left('dailyBudget', 'amount', ':day')},
    ${left('monthlyBudget', 'amount', ':month')}) AS "free",
    MIN(${left('dailyTokens', 'tokens', ':day')}, ${left('monthlyTokens', 'tokens', ':month')}) AS "freeTokens"
  FROM (SELECT COALESCE((${freeOf(hasToken)}), 0) AS "free")
  LEFT JOIN (SELECT * FROM "UserBudget" WHERE "owner" = :owner AND "userId" IN (:userId, '*')
    ORDER BY "userId" = :userId DESC LIMIT 1)`;

/** Whether there is enough left. A request that costs nothing (`:most` is 0) needs tokens only. */
const FITS = `(:most = 0 OR "free" >= :least) AND "freeTokens" >= :leastTokens`;

const reserveOf = (hasToken: boolean): string => `INSERT INTO "Reservation"
    ("id", "owner", "keyId", "amount", "requestId", "process", "createdAt"${hasToken ? ', "tokenId"' : ''})
  SELECT :id, :owner, :keyId, CAST(MIN(:most, MAX(:least, "free" / 2)) AS INTEGER), :requestId, :process, :at
    ${hasToken ? ', :tokenId' : ''} FROM (${freeOf(hasToken)})
  WHERE "free" >= :least RETURNING "id", "amount", "tokens"`;

const growOf = (
  hasToken: boolean,
): string => `UPDATE "Reservation" SET "amount" = "amount" + CAST(MIN(:most, "free") AS INTEGER) FROM (${freeOf(hasToken)})
  WHERE "id" = :id AND "free" >= :least RETURNING "id", "amount", "tokens"`;

const reserveForUser = (hasToken: boolean): string => `INSERT INTO "Reservation"
    ("id", "owner", "keyId", "amount", "requestId", "process", "createdAt", "userId", "tokens"${hasToken ? ', "tokenId"' : ''})
  SELECT :id, :owner, :keyId,
    CASE WHEN :most = 0 THEN 0 ELSE CAST(MIN(:most, MAX(:least, "free" / 2)) AS INTEGER) END,
    :requestId, :process, :at, :userId, CAST(MIN(:mostTokens, MAX(:leastTokens, "freeTokens" / 2)) AS INTEGER)
    ${hasToken ? ', :tokenId' : ''}
  FROM (${freeForUser(hasToken)}) WHERE ${FITS} RETURNING "id", "amount", "tokens"`;

const growForUser = (hasToken: boolean): string => `UPDATE "Reservation" SET
    "amount" = "amount" + CASE WHEN :most = 0 THEN 0 ELSE CAST(MIN(:most, "free") AS INTEGER) END,
    "tokens" = "tokens" + CAST(MIN(:mostTokens, "freeTokens") AS INTEGER)
  FROM (${freeForUser(hasToken)}) WHERE "id" = :id AND ${FITS} RETURNING "id", "amount", "tokens"`;

/** The budgets that apply besides those of the key. */
interface Looked {
  readonly user?: object | undefined;
  readonly token?: object | undefined;
}

const both = (sqlOf: (hasToken: boolean) => string) => ({ plain: sqlOf(false), token: sqlOf(true) });

const RESERVE = { plain: both(reserveOf), user: both(reserveForUser) };
const GROW = { plain: both(growOf), user: both(growForUser) };

const pick = (statements: typeof RESERVE, { user, token }: Looked): string =>
  statements[user ? 'user' : 'plain'][token ? 'token' : 'plain'];

/**
 * Each step is one statement: a condition and what follows from it. Triggers (see the migration) carry it to the wallet
 * within the same statement, so there is no moment in which the sums are wrong, and no transaction to wait for.
 */
export const toReserve = (looked: Looked): string => pick(RESERVE, looked);

export const toGrow = (looked: Looked): string => pick(GROW, looked);
