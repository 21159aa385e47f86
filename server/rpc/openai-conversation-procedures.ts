import { ConversationDeleted } from '../../contracts/conversations/conversation.ts';
import {
  AddItemsRequest,
  CreateConversationRequest,
  ItemRef,
  ListItemsRequest,
  OpenAiConversation,
  OpenAiConversationRef,
  SetMetadataRequest,
} from '../../contracts/responses/conversation.ts';
import { ItemList, OutputItem } from '../../contracts/responses/item.ts';
import { deleteConversation } from '../features/conversations/manage-conversations.ts';
import {
  addItems,
  createConversation,
  deleteItem,
  getItem,
  listItems,
  retrieveConversation,
  setMetadata,
} from '../features/conversations/openai-conversations.ts';
import type { ResponseStores } from '../features/responses/open-response.ts';
import type { RunDeps } from '../features/runs/manage-runs.ts';
import type { KnownFields } from './known-fields.ts';
import { documented, type Meta, procedure } from './trpc.ts';

const PATH = '/v1/conversations/{conversation_id}';
const errorResponses = [400, 404, 409, 503];

const describe = (
  method: 'GET' | 'POST' | 'DELETE',
  path: `/${string}`,
  summary: string,
  rest: Partial<Meta> = {},
) => ({
  openapi: { method, path, tags: ['responses'], summary, errorResponses },
  ...rest,
});

/** `v1.conversations`: OpenAI's shape of the conversations that `/c1` keeps. */
export const openAiConversationProcedures = (stores: ResponseStores, runs: RunDeps) => ({
  create: documented(
    procedure
      .meta(describe('POST', '/v1/conversations', 'Create a conversation', { bodyOptional: true }))
      .input(CreateConversationRequest)
      .mutation(
        ({ ctx, input }): Promise<OpenAiConversation> => createConversation(stores, input, ctx.caller.principal),
      ),
    OpenAiConversation,
  ),
  get: documented(
    procedure
      .meta(describe('GET', PATH, "Get a conversation in OpenAI's shape"))
      .input(OpenAiConversationRef)
      .query(
        ({ ctx, input }): Promise<OpenAiConversation> => retrieveConversation(stores, input, ctx.caller.principal),
      ),
    OpenAiConversation,
  ),
  update: documented(
    procedure
      .meta(describe('POST', PATH, "Set a conversation's metadata"))
      .input(SetMetadataRequest)
      .mutation(({ ctx, input }): Promise<OpenAiConversation> => setMetadata(stores, input, ctx.caller.principal)),
    OpenAiConversation,
  ),
  delete: documented(
    procedure
      .meta(describe('DELETE', PATH, 'Delete a conversation with its items'))
      .input(OpenAiConversationRef)
      .mutation(
        ({ ctx, input }): Promise<ConversationDeleted> =>
          deleteConversation(
            stores.conversations,
            runs,
            { conversation_id: input.conversation_id, user_id: input.user },
            ctx.caller.principal,
          ),
      ),
    ConversationDeleted,
  ),
  items: {
    create: documented(
      procedure
        .meta(describe('POST', `${PATH}/items`, 'Add items to a conversation'))
        .input(AddItemsRequest)
        .mutation(({ ctx, input }): Promise<KnownFields<ItemList>> => addItems(stores, input, ctx.caller.principal)),
      ItemList,
    ),
    list: documented(
      procedure
        .meta(describe('GET', `${PATH}/items`, 'List the items of a conversation'))
        .input(ListItemsRequest)
        .query(({ ctx, input }): Promise<KnownFields<ItemList>> => listItems(stores, input, ctx.caller.principal)),
      ItemList,
    ),
    get: documented(
      procedure
        .meta(describe('GET', `${PATH}/items/{item_id}`, 'Get an item of a conversation'))
        .input(ItemRef)
        .query(({ ctx, input }): Promise<KnownFields<OutputItem>> => getItem(stores, input, ctx.caller.principal)),
      OutputItem,
    ),
    delete: documented(
      procedure
        .meta(describe('DELETE', `${PATH}/items/{item_id}`, 'Delete an item of a conversation'))
        .input(ItemRef)
        .mutation(({ ctx, input }): Promise<OpenAiConversation> => deleteItem(stores, input, ctx.caller.principal)),
      OpenAiConversation,
    ),
  },
});
