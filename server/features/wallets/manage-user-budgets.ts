import type {
  ListUserBudgetsRequest,
  SetUserBudgetRequest,
  UserBudget,
  UserBudgetList,
  UserBudgetRef,
} from '../../../contracts/wallets/user-budget.ts';
import type { Store } from '../../store/interface/store.ts';
import { NO_USE, type PeriodUse, type UserBudgetRow } from '../../store/interface/user-budgets.ts';
import type { Principal } from '../access/caller.ts';
import { ensureAdmin, ensureOwner } from '../access/ensure-admin.ts';
import { toMicro, toUsd, toUsdOrNull } from '../metering/micro-usd.ts';

type BudgetDeps = Pick<Store, 'userBudgets' | 'audit'>;

const toLimit = (usd: number | null | undefined): number | null => (usd == null ? null : toMicro(usd));

function showUse(row: UserBudgetRow, { day, month }: PeriodUse): UserBudget {
  const { owner, userId, dailyBudget, monthlyBudget, dailyTokens, monthlyTokens } = row;
  return {
    owner,
    user_id: userId,
    daily_budget_usd: toUsdOrNull(dailyBudget),
    monthly_budget_usd: toUsdOrNull(monthlyBudget),
    daily_tokens: dailyTokens,
    monthly_tokens: monthlyTokens,
    spent_today_usd: toUsd(day.amount),
    spent_this_month_usd: toUsd(month.amount),
    tokens_today: day.tokens,
    tokens_this_month: month.tokens,
  };
}

const showBudget = async ({ userBudgets }: Pick<BudgetDeps, 'userBudgets'>, row: UserBudgetRow): Promise<UserBudget> =>
  showUse(row, await userBudgets.used(row.owner, row.userId, new Date()));

const NO_LIMITS = { dailyBudget: null, monthlyBudget: null, dailyTokens: null, monthlyTokens: null };

/** `GET /api/wallets/{owner}/users`. A key may read its owner's. */
export async function listUserBudgets(
  deps: BudgetDeps,
  { owner, limit = 100, offset = 0 }: ListUserBudgetsRequest,
  principal: Principal,
): Promise<UserBudgetList> {
  ensureOwner(principal, owner);
  const rows = await deps.userBudgets.list(owner, { limit, offset });
  const users = rows.map(({ userId }) => userId);
  const used = await deps.userBudgets.usedOfEach(owner, users, new Date());
  return { items: rows.map((row) => showUse(row, used.get(row.userId) ?? NO_USE)) };
}

/** `GET /api/wallets/{owner}/users/{user_id}`: also of a user that only the budget for all applies to. */
export async function getUserBudget(
  deps: BudgetDeps,
  { owner, user_id: userId }: UserBudgetRef,
  principal: Principal,
): Promise<UserBudget> {
  ensureOwner(principal, owner);
  const row = (await deps.userBudgets.findFor(owner, userId)) ?? NO_LIMITS;
  return showBudget(deps, { ...row, owner, userId });
}

/** `POST /api/wallets/{owner}/users` */
export async function setUserBudget(
  deps: BudgetDeps,
  request: SetUserBudgetRequest,
  principal: Principal,
): Promise<UserBudget> {
  const actor = ensureAdmin(principal);
  const { owner, user_id: userId, ...limits } = request;
  const row = {
    owner,
    userId,
    dailyBudget: toLimit(limits.daily_budget_usd),
    monthlyBudget: toLimit(limits.monthly_budget_usd),
    dailyTokens: limits.daily_tokens ?? null,
    monthlyTokens: limits.monthly_tokens ?? null,
  };
  await deps.userBudgets.set(row);
  await deps.audit.record({
    actor,
    action: 'users.set_budget',
    subject: owner,
    details: { user_id: userId, ...limits },
  });
  return showBudget(deps, row);
}

/** `DELETE /api/wallets/{owner}/users/{user_id}`. What was used stays. */
export async function removeUserBudget(
  deps: BudgetDeps,
  { owner, user_id: userId }: UserBudgetRef,
  principal: Principal,
): Promise<UserBudget> {
  const actor = ensureAdmin(principal);
  if (await deps.userBudgets.remove(owner, userId)) {
    await deps.audit.record({ actor, action: 'users.remove_budget', subject: owner, details: { user_id: userId } });
  }
  return getUserBudget(deps, { owner, user_id: userId }, principal);
}
