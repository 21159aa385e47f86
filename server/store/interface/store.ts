import type { AuditStore } from './audit.ts';
import type { ConversationStore } from './conversations.ts';
import type { KeyStore } from './keys.ts';
import type { ResponseStore } from './responses.ts';
import type { UsageStore } from './usage.ts';
import type { WalletStore } from './wallets.ts';

export interface Store {
  readonly conversations: ConversationStore;
  readonly responses: ResponseStore;
  readonly usage: UsageStore;
  readonly keys: KeyStore;
  readonly wallets: WalletStore;
  readonly audit: AuditStore;
  /** Rejects when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
