import {
  Conversation,
  ConversationDeleted,
  ConversationHead,
  ConversationList,
  ConversationRef,
  EraseUserRequest,
  GetConversationRequest,
  ListConversationsRequest,
  UpdateConversationRequest,
  UserErased,
} from '../../contracts/conversations/conversation.ts';
import {
  deleteConversation,
  eraseUser,
  getConversation,
  listConversations,
  updateConversation,
} from '../features/conversations/manage-conversations.ts';
import type { RunDeps } from '../features/runs/manage-runs.ts';
import type { ConversationStore } from '../store/interface/conversations.ts';
import type { KnownFields } from './known-fields.ts';
import { documented, type Meta, procedure } from './trpc.ts';

const LIST = '/c1/conversations';
const ONE = '/c1/conversations/{conversation_id}';

const at = (method: 'GET' | 'PATCH' | 'DELETE', path: `/${string}`, summary: string): Meta => ({
  openapi: { method, path, tags: ['conversations'], summary, errorResponses: [400, 403, 404, 503] },
});

/** `conversations`: what `/c1` keeps. */
export const conversationProcedures = (store: ConversationStore, runs: RunDeps) => ({
  list: documented(
    procedure
      .meta(at('GET', LIST, 'List or search conversations'))
      .input(ListConversationsRequest)
      .query(({ ctx, input }): Promise<ConversationList> => listConversations(store, input, ctx.caller.principal)),
    ConversationList,
  ),
  get: documented(
    procedure
      .meta(at('GET', ONE, 'Get a conversation with its messages'))
      .input(GetConversationRequest)
      .query(
        ({ ctx, input }): Promise<KnownFields<Conversation>> =>
          getConversation(store, runs, input, ctx.caller.principal),
      ),
    Conversation,
  ),
  update: documented(
    procedure
      .meta(at('PATCH', ONE, 'Change the title or the system prompt'))
      .input(UpdateConversationRequest)
      .mutation(({ ctx, input }): Promise<ConversationHead> => updateConversation(store, input, ctx.caller.principal)),
    ConversationHead,
  ),
  delete: documented(
    procedure
      .meta(at('DELETE', ONE, 'Delete a conversation'))
      .input(ConversationRef)
      .mutation(
        ({ ctx, input }): Promise<ConversationDeleted> => deleteConversation(store, runs, input, ctx.caller.principal),
      ),
    ConversationDeleted,
  ),
  erase: documented(
    procedure
      .meta(at('DELETE', LIST, 'Delete all conversations of an end user'))
      .input(EraseUserRequest)
      .mutation(({ ctx, input }): Promise<UserErased> => eraseUser(store, input, ctx.caller.principal)),
    UserErased,
  ),
});
