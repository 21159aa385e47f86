import type { Conversation, ConversationList } from '../../../contracts/conversations/conversation.ts';
import type {
  ConversationUserList,
  GetOwnerConversationRequest,
  ListConversationUsersRequest,
  ListOwnerConversationsRequest,
} from '../../../contracts/conversations/owner-conversations.ts';
import { AppError } from '../../errors/app-error.ts';
import type { AuditStore } from '../../store/interface/audit.ts';
import type { ConversationStore } from '../../store/interface/conversations.ts';
import type { Principal } from '../access/caller.ts';
import { ensureAdmin } from '../access/ensure-admin.ts';
import type { RunDeps } from '../runs/manage-runs.ts';
import { getConversation, listConversations } from './manage-conversations.ts';

export interface OthersDeps {
  readonly conversations: ConversationStore;
  readonly runs: RunDeps;
  readonly audit: AuditStore;
  /** Whether the operator lets the administrator read conversations of others. */
  readonly isAllowed: boolean;
}

/** Throws `permission_denied` to a key, and `conversations_not_shown`. Returns the caller's name for the audit. */
function ensureAllowed({ isAllowed }: OthersDeps, principal: Principal): string {
  const actor = ensureAdmin(principal);
  if (!isAllowed) throw new AppError('conversations_not_shown');
  return actor;
}

const DEFAULT_USERS = 100;

/** `GET /api/conversations/{owner}/users` */
export async function listConversationUsers(
  deps: OthersDeps,
  { owner, limit = DEFAULT_USERS, after }: ListConversationUsersRequest,
  principal: Principal,
): Promise<ConversationUserList> {
  const actor = ensureAllowed(deps, principal);
  const users = await deps.conversations.users(owner, { after: after ?? null, limit: limit + 1 });
  await deps.audit.record({ actor, action: 'conversations.users', subject: owner, details: {} });
  const shown = users.slice(0, limit);
  return {
    items: shown.map((user_id) => ({ user_id })),
    next_cursor: users.length > limit ? (shown.at(-1) ?? null) : null,
  };
}

/** `GET /api/conversations/{owner}` */
export async function listOwnerConversations(
  deps: OthersDeps,
  { owner, ...request }: ListOwnerConversationsRequest,
  principal: Principal,
): Promise<ConversationList> {
  const actor = ensureAllowed(deps, principal);
  const list = await listConversations(deps.conversations, deps.runs, request, { owner });
  const details = { user_id: request.user_id ?? null, conversations: list.items.length };
  await deps.audit.record({ actor, action: 'conversations.list', subject: owner, details });
  return list;
}

/** `GET /api/conversations/{owner}/{conversation_id}` */
export async function getOwnerConversation(
  deps: OthersDeps,
  { owner, ...request }: GetOwnerConversationRequest,
  principal: Principal,
): Promise<Conversation> {
  const actor = ensureAllowed(deps, principal);
  const user_id = await deps.conversations.userOf(request.conversation_id, owner);
  const conversation = await getConversation(deps.conversations, deps.runs, { ...request, user_id }, { owner });
  const details = { owner, user_id: conversation.user_id, messages: conversation.messages.length };
  await deps.audit.record({ actor, action: 'conversations.read', subject: request.conversation_id, details });
  return conversation;
}
