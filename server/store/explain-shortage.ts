import type { PrismaClient } from './generated/client.ts';
import type { UserBudgetStore } from './interface/user-budgets.ts';
import type { Shortage, UserWish, Wanted } from './interface/wallets.ts';

export interface ShortageDeps {
  readonly db: PrismaClient;
  readonly budgets: Pick<UserBudgetStore, 'find' | 'used'>;
}

/** Which budget of an end user did not do; null: none of them. */
export async function explainUserShortage(
  { db, budgets }: ShortageDeps,
  owner: string,
  { least, user }: Pick<Wanted, 'least'> & { readonly user: UserWish },
): Promise<Shortage | null> {
  const { id: userId, leastTokens } = user;
  const budget = (await budgets.find(owner, userId)) ?? (await budgets.find(owner, '*'));
  if (!budget) return null;
  const { _sum } = await db.reservation.aggregate({ where: { owner, userId }, _sum: { amount: true, tokens: true } });
  const { day, month } = await budgets.used(owner, userId, new Date());
  const held = { amount: Number(_sum.amount ?? 0), tokens: Number(_sum.tokens ?? 0) };
  const kinds = [
    {
      period: 'daily',
      of: 'tokens',
      limit: budget.dailyTokens,
      used: day.tokens,
      held: held.tokens,
      need: leastTokens,
    },
    {
      period: 'monthly',
      of: 'tokens',
      limit: budget.monthlyTokens,
      used: month.tokens,
      held: held.tokens,
      need: leastTokens,
    },
    { period: 'daily', of: 'money', limit: budget.dailyBudget, used: day.amount, held: held.amount, need: least },
    { period: 'monthly', of: 'money', limit: budget.monthlyBudget, used: month.amount, held: held.amount, need: least },
  ] as const;
  for (const { period, of, limit, used, held: reserved, need } of kinds) {
    if (limit !== null && need > 0 && need + reserved + used > limit) {
      return { refused: 'user', userId, period, of, limit, used, held: reserved, need };
    }
  }
  return null;
}
