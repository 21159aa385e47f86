import { Conversation, ConversationList } from '../../contracts/conversations/conversation.ts';
import {
  ConversationUserList,
  GetOwnerConversationRequest,
  ListConversationUsersRequest,
  ListOwnerConversationsRequest,
} from '../../contracts/conversations/owner-conversations.ts';
import {
  getOwnerConversation,
  listConversationUsers,
  listOwnerConversations,
  type OthersDeps,
} from '../features/conversations/read-conversations-of-others.ts';
import { describeAccounts } from './describe-accounts.ts';
import { answers } from './output.ts';
import { procedure } from './trpc.ts';

const description =
  'For the administrator, where `ADMIN_READS_CONVERSATIONS` is on; otherwise 403 `conversations_not_shown`. Each request is in the audit.';

/** `api.conversations`: what the owners of keys talk about, to read only. */
export const othersProcedures = (deps: OthersDeps) => ({
  list: procedure
    .meta(describeAccounts('GET', '/api/conversations/{owner}', 'List the conversations of an owner', { description }))
    .input(ListOwnerConversationsRequest)
    .output(answers(ConversationList))
    .query(({ ctx, input }) => listOwnerConversations(deps, input, ctx.caller.principal)),
  users: procedure
    .meta(
      describeAccounts('GET', '/api/conversations/{owner}/users', 'List the end users of an owner', { description }),
    )
    .input(ListConversationUsersRequest)
    .output(answers(ConversationUserList))
    .query(({ ctx, input }) => listConversationUsers(deps, input, ctx.caller.principal)),
  get: procedure
    .meta(
      describeAccounts('GET', '/api/conversations/{owner}/{conversation_id}', 'Read a conversation of an owner', {
        description,
      }),
    )
    .input(GetOwnerConversationRequest)
    .output(answers(Conversation))
    .query(({ ctx, input }) => getOwnerConversation(deps, input, ctx.caller.principal)),
});
