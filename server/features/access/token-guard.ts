import { isRecord } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { ConversationStore } from '../../store/interface/conversations.ts';
import type { RunStore } from '../../store/interface/runs.ts';
import type { Principal, TokenScope } from './caller.ts';

/**
 * What client tokens may do with a procedure. `user`: call it for their own end user, whom its input names as `user_id`.
 * `open`: call it with any input, because its answer says nothing about users. Absent: nothing.
 */
export type TokenUse = 'user' | 'open';

export const notForTokens = () =>
  new AppError(
    'permission_denied',
    'A client token can only chat and use the conversations of its end user. For anything else, use the key on a server.',
    { param: 'Authorization' },
  );

export interface TokenGuardStores {
  readonly conversations: Pick<ConversationStore, 'findRow'>;
  readonly runs: Pick<RunStore, 'find'>;
}

/** Limits requests with client tokens to their end users. Requests with keys pass unchanged. */
export class TokenGuard {
  readonly #stores: TokenGuardStores;

  constructor(stores: TokenGuardStores) {
    this.#stores = stores;
  }

  /**
   * Returns the input of a call, with the end user of the token as `user_id`. Throws `permission_denied`, and
   * `conversation_not_found` or `run_not_found` for conversations and runs of others.
   */
  async confine({ owner, token }: Principal, use: TokenUse | undefined, input: unknown): Promise<unknown> {
    if (!token) return input;
    if (use === undefined) throw notForTokens();
    if (use === 'open') return input;
    const fields = isRecord(input) ? input : {};
    const { user_id: userId, conversation_id: conversationId, run_id: runId } = fields;
    if (userId != null && userId !== token.userId) {
      throw new AppError('permission_denied', 'The client token is for another end user.', { param: 'user_id' });
    }
    if (typeof conversationId === 'string') await this.#checkConversation(conversationId, owner, token);
    if (typeof runId === 'string') await this.#checkRun(runId, owner, token);
    return { ...fields, user_id: token.userId };
  }

  /** The store also finds conversations without a user, which a key may use for any user. A token may not use them. */
  async #isOwn(id: string, owner: string | null, { userId }: TokenScope): Promise<boolean> {
    const row = await this.#stores.conversations.findRow({ id, owner, userId });
    return row?.userId === userId;
  }

  async #checkConversation(id: string, owner: string | null, token: TokenScope): Promise<void> {
    if (await this.#isOwn(id, owner, token)) return;
    throw new AppError('conversation_not_found', 'There is no such conversation.', { param: 'conversation_id' });
  }

  async #checkRun(id: string, owner: string | null, token: TokenScope): Promise<void> {
    const { conversationId = null } = (await this.#stores.runs.find(id, { owner, userId: token.userId })) ?? {};
    if (conversationId !== null && (await this.#isOwn(conversationId, owner, token))) return;
    throw new AppError('run_not_found', undefined, { param: 'run_id' });
  }
}
