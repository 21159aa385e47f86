import { z } from 'zod';
import { Page } from '../keys/key.ts';
import { listOf } from '../schemas/list-of.ts';
import { WalletRef } from './wallet.ts';

const usd = z.number().min(0).max(1_000_000_000).nullish();
const tokens = z.int().min(0).max(1_000_000_000_000).nullish();

const limits = {
  daily_budget_usd: usd.describe('By the day of UTC; null: no limit.'),
  monthly_budget_usd: usd.describe('By the month of UTC; null: no limit.'),
  daily_tokens: tokens.describe('Prompts and answers together, by the day of UTC; null: no limit.'),
  monthly_tokens: tokens.describe('Prompts and answers together, by the month of UTC; null: no limit.'),
};

const userId = z
  .string()
  .min(1)
  .max(256)
  .describe(
    'The end user, as in `user`, `user_id` or `metadata.user_id` of requests; `*`: each user without a budget of its own.',
  );

/** `POST /api/wallets/{owner}/users`: replaces the budget that is there. */
export const SetUserBudgetRequest = WalletRef.extend({ user_id: userId, ...limits }).meta({
  id: 'SetUserBudgetRequest',
});
export type SetUserBudgetRequest = z.infer<typeof SetUserBudgetRequest>;

/** `GET /api/wallets/{owner}/users` */
export const ListUserBudgetsRequest = WalletRef.extend(Page).meta({ id: 'ListUserBudgetsRequest' });
export type ListUserBudgetsRequest = z.infer<typeof ListUserBudgetsRequest>;

export const UserBudgetRef = WalletRef.extend({ user_id: userId }).meta({ id: 'UserBudgetRef' });
export type UserBudgetRef = z.infer<typeof UserBudgetRef>;

const money = z.number().nullable();
const count = z.int().nullable();

export const UserBudget = z
  .object({
    owner: z.string(),
    user_id: z.string(),
    daily_budget_usd: money,
    monthly_budget_usd: money,
    daily_tokens: count,
    monthly_tokens: count,
    spent_today_usd: z.number(),
    spent_this_month_usd: z.number(),
    tokens_today: z.int(),
    tokens_this_month: z.int(),
  })
  .meta({ id: 'UserBudget' });
export type UserBudget = z.infer<typeof UserBudget>;

export const UserBudgetList = z.object({ items: listOf(UserBudget) }).meta({ id: 'UserBudgetList' });
export type UserBudgetList = z.infer<typeof UserBudgetList>;
