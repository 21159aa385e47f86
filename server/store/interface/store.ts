import type { AuditStore } from './audit.ts';
import type { ClaimStore } from './claims.ts';
import type { ConversationStore } from './conversations.ts';
import type { KeyStore } from './keys.ts';
import type { ResponseStore } from './responses.ts';
import type { RunStore } from './runs.ts';
import type { SecretStore } from './secrets.ts';
import type { SentAlertStore } from './sent-alerts.ts';
import type { UsageStore } from './usage.ts';
import type { UserBudgetStore } from './user-budgets.ts';
import type { WalletStore } from './wallets.ts';

export interface Store {
  readonly conversations: ConversationStore;
  readonly responses: ResponseStore;
  readonly runs: RunStore;
  readonly claims: ClaimStore;
  readonly usage: UsageStore;
  readonly keys: KeyStore;
  readonly wallets: WalletStore;
  readonly userBudgets: UserBudgetStore;
  readonly audit: AuditStore;
  readonly secrets: SecretStore;
  readonly sentAlerts: SentAlertStore;
  /**
   * Ends the turns of processes that are gone, and releases their reservations. Call it from time to time, because a
   * process that was killed may not start again. It costs one small read while every process is alive. Resolves with the
   * number of processes that had left something.
   */
  recover(): Promise<number>;
  /** Reads and writes a little. Throws `service_unavailable`; its message has the reason, where that is known. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
