import type {
  Conversation,
  ConversationDeleted,
  ConversationHead,
  ConversationList,
  ConversationRef,
  ConversationSummary,
  EraseUserRequest,
  ForkConversationRequest,
  GetConversationRequest,
  ListConversationsRequest,
  MessageDeleted,
  MessageRef,
  StoredMessage,
  UpdateConversationRequest,
  UserErased,
} from '../../../contracts/conversations/conversation.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type {
  ConversationKey,
  ConversationRow,
  ConversationStore,
  MessageRow,
  SearchMatch,
} from '../../store/interface/conversations.ts';
import type { Principal } from '../access/caller.ts';
import { nameRun, type RunDeps } from '../runs/manage-runs.ts';
import { withoutData } from './omit-media.ts';
import { showSummary } from './show-summary.ts';
import { sourceOfTitle } from './source-of-title.ts';

const DEFAULT_LIMIT = 20;

/** Whose conversations are meant. */
type Viewer = Pick<Principal, 'owner'>;

const keyOf = ({ conversation_id, user_id }: ConversationRef, { owner }: Viewer): ConversationKey => ({
  id: conversation_id,
  owner,
  userId: user_id ?? null,
});

/**
 * The error is the same for an absent conversation and for one of somebody else, so that no client can tell them apart.
 */
const notFound = () =>
  new AppError('conversation_not_found', 'There is no such conversation.', { param: 'conversation_id' });

const toSummary = (row: ConversationRow): ConversationSummary => ({
  id: row.id,
  title: row.title,
  title_source: sourceOfTitle(row),
  user_id: row.userId,
  model: row.model,
  message_count: row.messageCount,
  created_at: row.createdAt.toISOString(),
  last_used_at: row.lastUsedAt.toISOString(),
});

function toMessage(row: MessageRow): StoredMessage {
  const stored: Partial<Pick<StoredMessage, 'content' | 'tool_calls' | 'tool_call_id' | 'is_error'>> = JSON.parse(
    row.prompt,
  );
  return {
    id: row.id,
    seq: row.seq,
    parent_id: row.parentId,
    role: row.role,
    content: stored.content ?? null,
    ...(row.reasoning ? { reasoning_content: row.reasoning } : {}),
    ...(stored.tool_calls ? { tool_calls: stored.tool_calls } : {}),
    ...(stored.tool_call_id ? { tool_call_id: stored.tool_call_id } : {}),
    ...(stored.is_error ? { is_error: stored.is_error } : {}),
    status: row.status,
    model: row.model,
    finish_reason: row.finishReason,
    usage: row.usage,
    created_at: row.createdAt.toISOString(),
    ...showSummary(row),
  };
}

const toMatch = ({ excerpt, message }: Partial<SearchMatch>) => ({
  ...(excerpt ? { excerpt } : {}),
  ...(message ? { message_id: message.id, on_active_path: message.isOnPath } : {}),
});

const toHead = (row: ConversationRow, headId: string | null): ConversationHead => ({
  ...toSummary(row),
  system_prompt: row.systemPrompt,
  head_message_id: headId,
});

function placeAmong(id: string, siblings: readonly string[] = [id]): StoredMessage['siblings'] {
  return { ids: [...siblings], position: siblings.indexOf(id) + 1 };
}

/** `cursor` is another word for `after`. */
function cursorsOf({ cursor, after, before }: ListConversationsRequest) {
  if (cursor !== undefined && after !== undefined) {
    throw invalidField('cursor', "Send 'cursor' or 'after', not both: they mean the same.");
  }
  const start = cursor === undefined ? { value: after, param: 'after' } : { value: cursor, param: 'cursor' };
  return {
    after: start.value === undefined ? undefined : { ...start, value: start.value },
    before: before === undefined ? undefined : { value: before, param: 'before' },
  };
}

/** `GET /c1/conversations` */
export async function listConversations(
  store: ConversationStore,
  { store: runs }: Pick<RunDeps, 'store'>,
  request: ListConversationsRequest,
  { owner }: Viewer,
): Promise<ConversationList> {
  const { limit = DEFAULT_LIMIT, offset = 0, q: query, user_id } = request;
  const page = await store.list({ owner, userId: user_id ?? null, limit, offset, query, ...cursorsOf(request) });
  const busy = await runs.inProgressAmong(page.items.map(({ id }) => id));
  return {
    items: page.items.map((row) => ({ ...toSummary(row), in_progress: busy.has(row.id), ...toMatch(row) })),
    total: page.total,
    ...(page.isLowerBound ? { total_is_lower_bound: true } : {}),
    limit,
    offset,
    next_cursor: page.nextCursor,
    prev_cursor: page.prevCursor,
  };
}

const MAX_MESSAGES = 1_000;

/** `GET /c1/conversations/{conversation_id}` */
export async function getConversation(
  store: ConversationStore,
  runs: RunDeps,
  request: GetConversationRequest,
  viewer: Viewer,
): Promise<Conversation> {
  const { limit = MAX_MESSAGES, after, before, media, view } = request;
  const isTree = view === 'tree';
  // First: the answers of a process that is gone are ended by it.
  const inProgress = await runs.store.listInProgress(request.conversation_id);
  const found = await store.findPage(keyOf(request, viewer), {
    limit,
    omitsMedia: media === 'omit',
    isTree,
    after: after === undefined ? undefined : { value: after, param: 'after' },
    before: before === undefined ? undefined : { value: before, param: 'before' },
  });
  if (!found) throw notFound();
  const messages = found.messages.map((row) => {
    const message = toMessage(row);
    return isTree ? message : { ...message, siblings: placeAmong(row.id, found.siblings.get(row.id)) };
  });
  return {
    ...toHead(found.conversation, found.headId),
    messages: media === 'omit' ? messages.map(withoutData) : messages,
    has_more: found.hasMore,
    runs: inProgress.map(nameRun),
  };
}

/** `DELETE /c1/conversations` */
export async function eraseUser(
  store: ConversationStore,
  { user_id }: EraseUserRequest,
  { owner }: Principal,
): Promise<UserErased> {
  return { object: 'conversations.deleted', user_id, deleted: { ...(await store.erase(owner, user_id)) } };
}

/** `PATCH /c1/conversations/{conversation_id}` */
export async function updateConversation(
  store: ConversationStore,
  request: UpdateConversationRequest,
  principal: Principal,
): Promise<ConversationHead> {
  const key = keyOf(request, principal);
  if (request.head_message_id !== undefined) await store.moveHead(key, request.head_message_id);
  await store.update(key, { title: request.title, systemPrompt: request.system_prompt });
  return readHead(store, key);
}

async function readHead(store: ConversationStore, key: ConversationKey): Promise<ConversationHead> {
  const found = await store.findPage(key, { limit: 1, omitsMedia: true, isTree: true });
  if (!found) throw notFound();
  return toHead(found.conversation, found.headId);
}

/** `POST /c1/conversations/{conversation_id}/fork`: the copy. */
export async function forkConversation(
  store: ConversationStore,
  request: ForkConversationRequest,
  principal: Principal,
): Promise<ConversationHead> {
  const key = keyOf(request, principal);
  const id = await store.fork(key, request.message_id ?? null);
  return readHead(store, { ...key, id });
}

/** `DELETE /c1/conversations/{conversation_id}/messages/{message_id}`: with all that follow it. */
export async function deleteMessage(
  store: ConversationStore,
  ref: MessageRef,
  principal: Principal,
): Promise<MessageDeleted> {
  const { messages, headId } = await store.removeBranch(keyOf(ref, principal), ref.message_id);
  return { id: ref.message_id, object: 'message.deleted', deleted: true, messages, head_message_id: headId };
}

/** `DELETE /c1/conversations/{conversation_id}` */
export async function deleteConversation(
  store: ConversationStore,
  { runs }: RunDeps,
  ref: ConversationRef,
  principal: Principal,
): Promise<ConversationDeleted> {
  if (!(await store.remove(keyOf(ref, principal)))) throw notFound();
  // Nobody can read the answers that are still being made for this conversation.
  runs.stopAllOf(ref.conversation_id, new AppError('run_cancelled', 'The conversation was deleted.'));
  return { id: ref.conversation_id, object: 'conversation.deleted', deleted: true };
}
