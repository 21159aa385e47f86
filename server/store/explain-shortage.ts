import type { PrismaClient } from './generated/client.ts';
import type { UserBudgetStore } from './interface/user-budgets.ts';
import type { Budgets, NewReservation, Shortage, TokenBudget, UserWish, WalletStore } from './interface/wallets.ts';

export interface ShortageDeps {
  readonly db: PrismaClient;
  readonly budgets: Pick<UserBudgetStore, 'findFor' | 'used'>;
  readonly wallets: Pick<WalletStore, 'find' | 'spent'>;
}

/** The reservation that could not be made. */
export type Held = Pick<NewReservation, 'owner' | 'keyId' | 'least' | 'user' | 'token'> & Budgets;

/**
 * Finds out what refused the reservation: a budget of the end user, of the client token or of the key, or the balance, in
 * this order.
 */
export async function explainShortage(deps: ShortageDeps, { user, token, ...wanted }: Held): Promise<Shortage> {
  const { owner, least } = wanted;
  const ofUser = user ? await explainUserShortage(deps, owner, { least, user }) : null;
  if (ofUser) return ofUser;
  const ofToken = token && (await describeToken(deps, token));
  if (ofToken && least + ofToken.held + ofToken.spent > ofToken.budget) return ofToken;
  const ofKey = await explainKeyShortage(deps, wanted);
  // If the wallet could pay now, something was released since the try, which failed for the budget of the token.
  const canPay = ofKey.refused === 'balance' && ofKey.balance - ofKey.held >= least;
  return ofToken && canPay ? ofToken : ofKey;
}

async function describeToken({ db }: ShortageDeps, { id: tokenId, budget }: TokenBudget) {
  const { _sum } = await db.reservation.aggregate({ where: { tokenId }, _sum: { amount: true } });
  const row = await db.tokenSpend.findUnique({ where: { tokenId } });
  return {
    refused: 'token',
    budget,
    spent: Number(row?.amount ?? 0),
    held: Number(_sum.amount ?? 0),
  } as const;
}

async function explainKeyShortage(
  { db, wallets }: ShortageDeps,
  { owner, keyId, least, dailyBudget, monthlyBudget }: Omit<Held, 'user' | 'token'>,
): Promise<Shortage> {
  const wallet = await wallets.find(owner);
  const { balance = 0, held = 0 } = wallet ?? {};
  const shortage: Shortage = { refused: 'balance', balance, held };
  if (keyId === null || balance - held < least) return shortage;
  const { _sum } = await db.reservation.aggregate({ where: { keyId }, _sum: { amount: true } });
  const { day, month } = await wallets.spent(keyId, new Date());
  const own = Number(_sum.amount ?? 0);
  if (dailyBudget !== null && least + own + day > dailyBudget) {
    return { refused: 'daily', budget: dailyBudget, spent: day, held: own };
  }
  // If no budget is exceeded now, something was released since the try, which must have failed for the balance.
  return monthlyBudget !== null && least + own + month > monthlyBudget
    ? { refused: 'monthly', budget: monthlyBudget, spent: month, held: own }
    : shortage;
}

/** The budget of an end user that was exceeded; null when none was. */
async function explainUserShortage(
  { db, budgets }: ShortageDeps,
  owner: string,
  { least, user }: Pick<Held, 'least'> & { readonly user: UserWish },
): Promise<Shortage | null> {
  const { id: userId, leastTokens } = user;
  const budget = await budgets.findFor(owner, userId);
  if (!budget) return null;
  const { _sum } = await db.reservation.aggregate({ where: { owner, userId }, _sum: { amount: true, tokens: true } });
  const { day, month } = await budgets.used(owner, userId, new Date());
  const tokens = { of: 'tokens', held: Number(_sum.tokens ?? 0), need: leastTokens } as const;
  const money = { of: 'money', held: Number(_sum.amount ?? 0), need: least } as const;
  const kinds = [
    { ...tokens, period: 'daily', limit: budget.dailyTokens, used: day.tokens },
    { ...tokens, period: 'monthly', limit: budget.monthlyTokens, used: month.tokens },
    { ...money, period: 'daily', limit: budget.dailyBudget, used: day.amount },
    { ...money, period: 'monthly', limit: budget.monthlyBudget, used: month.amount },
  ] as const;
  for (const { period, of, limit, used, held, need } of kinds) {
    if (limit !== null && need > 0 && need + held + used > limit) {
      return { refused: 'user', userId, period, of, limit, used, held, need };
    }
  }
  return null;
}
