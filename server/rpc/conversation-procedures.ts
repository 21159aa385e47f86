import {
  Conversation,
  ConversationDeleted,
  ConversationHead,
  ConversationList,
  ConversationRef,
  EraseUserRequest,
  ForkConversationRequest,
  GetConversationRequest,
  ListConversationsRequest,
  MessageDeleted,
  MessageRef,
  UpdateConversationRequest,
  UserErased,
} from '../../contracts/conversations/conversation.ts';
import {
  deleteConversation,
  deleteMessage,
  eraseUser,
  forkConversation,
  getConversation,
  listConversations,
  updateConversation,
} from '../features/conversations/manage-conversations.ts';
import type { RunDeps } from '../features/runs/manage-runs.ts';
import type { ConversationStore } from '../store/interface/conversations.ts';
import { describeConversations } from './describe-conversations.ts';
import { answers } from './output.ts';
import { procedure } from './trpc.ts';

const LIST = '/c1/conversations';
const ONE = '/c1/conversations/{conversation_id}';

/** The statuses of operations that fail while an answer on the branch is in progress. */
const BRANCH_ERRORS = [400, 403, 404, 409, 503];

/** Client tokens may use these operations on the conversations of their end users. */
const OF_USER = { tokens: 'user' } as const;

/** `conversations`: the conversations that `/c1` stores. */
export const conversationProcedures = (store: ConversationStore, runs: RunDeps) => ({
  list: procedure
    .meta(describeConversations('GET', LIST, 'List or search conversations', OF_USER))
    .input(ListConversationsRequest)
    .output(answers(ConversationList))
    .query(({ ctx, input }) => listConversations(store, runs, input, ctx.caller.principal)),
  get: procedure
    .meta(describeConversations('GET', ONE, 'Get a conversation with its messages', OF_USER))
    .input(GetConversationRequest)
    .output(answers(Conversation))
    .query(({ ctx, input }) => getConversation(store, runs, input, ctx.caller.principal)),
  update: procedure
    .meta(describeConversations('PATCH', ONE, 'Change the title, the system prompt or the active path', OF_USER))
    .input(UpdateConversationRequest)
    .output(answers(ConversationHead))
    .mutation(({ ctx, input }) => updateConversation(store, input, ctx.caller.principal)),
  fork: procedure
    .meta(
      describeConversations('POST', `${ONE}/fork`, 'Copy a path into a new conversation', {
        errors: BRANCH_ERRORS,
        ...OF_USER,
      }),
    )
    .input(ForkConversationRequest)
    .output(answers(ConversationHead))
    .mutation(({ ctx, input }) => forkConversation(store, input, ctx.caller.principal)),
  deleteMessage: procedure
    .meta(
      describeConversations('DELETE', `${ONE}/messages/{message_id}`, 'Delete a message and all that follow it', {
        errors: BRANCH_ERRORS,
        ...OF_USER,
      }),
    )
    .input(MessageRef)
    .output(answers(MessageDeleted))
    .mutation(({ ctx, input }) => deleteMessage(store, input, ctx.caller.principal)),
  delete: procedure
    .meta(describeConversations('DELETE', ONE, 'Delete a conversation', OF_USER))
    .input(ConversationRef)
    .output(answers(ConversationDeleted))
    .mutation(({ ctx, input }) => deleteConversation(store, runs, input, ctx.caller.principal)),
  erase: procedure
    .meta(describeConversations('DELETE', LIST, 'Delete all conversations of an end user'))
    .input(EraseUserRequest)
    .output(answers(UserErased))
    .mutation(({ ctx, input }) => eraseUser(store, input, ctx.caller.principal)),
});
