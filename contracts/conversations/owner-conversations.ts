import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';
import { WalletRef } from '../wallets/wallet.ts';
import { GetConversationRequest, ListConversationsRequest } from './conversation.ts';

const owner = WalletRef.shape.owner.describe('The owner of the keys with which the conversations were begun.');

/** `GET /api/conversations/{owner}`: the most recently used first. There is no search: nobody looks through what others said. */
export const ListOwnerConversationsRequest = ListConversationsRequest.omit({ q: true })
  .extend({ owner })
  .meta({ id: 'ListOwnerConversationsRequest' });
export type ListOwnerConversationsRequest = z.infer<typeof ListOwnerConversationsRequest>;

/** `GET /api/conversations/{owner}/{conversation_id}`: with the messages, whichever end user it is of. */
export const GetOwnerConversationRequest = GetConversationRequest.omit({ user_id: true })
  .extend({ owner })
  .meta({ id: 'GetOwnerConversationRequest' });
export type GetOwnerConversationRequest = z.infer<typeof GetOwnerConversationRequest>;

/** `GET /api/conversations/{owner}/users`, in the order of their names. */
export const ListConversationUsersRequest = z
  .object({
    owner,
    limit: z.int().min(1).max(1000).optional().describe('Default 100.'),
    after: z.string().min(1).max(256).optional().describe('The `next_cursor` of the page before.'),
  })
  .meta({ id: 'ListConversationUsersRequest' });
export type ListConversationUsersRequest = z.infer<typeof ListConversationUsersRequest>;

export const ConversationUserList = z
  .object({
    items: listOf(z.object({ user_id: z.string() })).describe('The end users for whom conversations were begun.'),
    next_cursor: z.string().nullable().describe('Pass it as `after` for the next page; null on the last one.'),
  })
  .meta({ id: 'ConversationUserList' });
export type ConversationUserList = z.infer<typeof ConversationUserList>;
