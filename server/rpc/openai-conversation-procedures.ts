import { ConversationDeleted } from '../../contracts/conversations/conversation.ts';
import {
  AddItemsRequest,
  CreateConversationRequest,
  ItemRef,
  ListItemsRequest,
  OpenAiConversation,
  OpenAiConversationRef,
  SetMetadataRequest,
} from '../../contracts/conversations/openai-conversation.ts';
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
import { describeResponses } from './describe-responses.ts';
import { answers } from './output.ts';
import { procedure } from './trpc.ts';

const PATH = '/v1/conversations/{conversation_id}';
const ITEMS = `${PATH}/items` as const;
const errors = [400, 404, 409, 503];

/** `v1.conversations`: the conversations that `/c1` stores, in OpenAI's shape. */
export const openAiConversationProcedures = (stores: ResponseStores, runs: RunDeps) => ({
  create: procedure
    .meta(describeResponses('POST', '/v1/conversations', 'Create a conversation', { errors }))
    .input(CreateConversationRequest)
    .output(answers(OpenAiConversation))
    .mutation(({ ctx, input }) => createConversation(stores, input, ctx.caller.principal)),
  get: procedure
    .meta(describeResponses('GET', PATH, "Get a conversation in OpenAI's shape", { errors }))
    .input(OpenAiConversationRef)
    .output(answers(OpenAiConversation))
    .query(({ ctx, input }) => retrieveConversation(stores, input, ctx.caller.principal)),
  update: procedure
    .meta(describeResponses('POST', PATH, "Set a conversation's metadata", { errors }))
    .input(SetMetadataRequest)
    .output(answers(OpenAiConversation))
    .mutation(({ ctx, input }) => setMetadata(stores, input, ctx.caller.principal)),
  delete: procedure
    .meta(describeResponses('DELETE', PATH, 'Delete a conversation with its items', { errors }))
    .input(OpenAiConversationRef)
    .output(answers(ConversationDeleted))
    .mutation(({ ctx, input }) =>
      deleteConversation(
        stores.conversations,
        runs,
        { conversation_id: input.conversation_id, user_id: input.user },
        ctx.caller.principal,
      ),
    ),
  items: {
    create: procedure
      .meta(describeResponses('POST', ITEMS, 'Add items to a conversation', { errors }))
      .input(AddItemsRequest)
      .output(answers(ItemList))
      .mutation(({ ctx, input }) => addItems(stores, input, ctx.caller.principal)),
    list: procedure
      .meta(describeResponses('GET', ITEMS, 'List the items of a conversation', { errors }))
      .input(ListItemsRequest)
      .output(answers(ItemList))
      .query(({ ctx, input }) => listItems(stores, input, ctx.caller.principal)),
    get: procedure
      .meta(describeResponses('GET', `${ITEMS}/{item_id}`, 'Get an item of a conversation', { errors }))
      .input(ItemRef)
      .output(answers(OutputItem))
      .query(({ ctx, input }) => getItem(stores, input, ctx.caller.principal)),
    delete: procedure
      .meta(describeResponses('DELETE', `${ITEMS}/{item_id}`, 'Delete an item of a conversation', { errors }))
      .input(ItemRef)
      .output(answers(OpenAiConversation))
      .mutation(({ ctx, input }) => deleteItem(stores, input, ctx.caller.principal)),
  },
});
