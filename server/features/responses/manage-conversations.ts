import {
  type AddItemsRequest,
  type CreateConversationRequest,
  type ItemRef,
  type ListItemsRequest,
  Metadata,
  type OpenAiConversation,
  type OpenAiConversationRef,
  type SetMetadataRequest,
} from '../../../contracts/responses/conversation.ts';
import type { InputItem, ItemList, OutputItem } from '../../../contracts/responses/item.ts';
import { AppError } from '../../errors/app-error.ts';
import type { ConversationRow, MessageRow, NewMessage } from '../../store/store.ts';
import { toNewMessage } from '../chat/store-message.ts';
import { listPage } from './list-page.ts';
import type { ResponseStores } from './open-response.ts';
import { resolveInput } from './resolve-references.ts';
import { readOutput, toItems } from './stored-items.ts';
import { toMessages } from './to-messages.ts';

const keyOf = ({ conversation_id: id }: OpenAiConversationRef) => ({ id, userId: null });

const notFound = () => new AppError('conversation_not_found', undefined, { param: 'conversation_id' });

const toConversation = ({ id, createdAt, metadata }: Pick<ConversationRow, 'id' | 'createdAt' | 'metadata'>) =>
  ({
    id,
    object: 'conversation',
    created_at: Math.floor(createdAt.getTime() / 1000),
    metadata: metadata === null ? {} : Metadata.parse(JSON.parse(metadata)),
  }) satisfies OpenAiConversation;

async function readItems({ responses }: ResponseStores, items: readonly InputItem[]): Promise<NewMessage[]> {
  const placed = await resolveInput(responses, [...items]);
  const renamed = placed.map(({ item, at }) => ({ item, at: at.replace(/^input/, 'items') }));
  return toMessages(renamed, false, 'refuse').map((message) =>
    toNewMessage(message.role === 'function' ? 'tool' : message.role, message),
  );
}

async function find(stores: ResponseStores, ref: OpenAiConversationRef) {
  const found = await stores.conversations.find(keyOf(ref));
  if (!found) throw notFound();
  return found;
}

/** The items of messages in order; those of a response are as it gave them. */
async function itemsOf(stores: ResponseStores, conversationId: string, messages: readonly MessageRow[]) {
  const outputs = await stores.responses.outputs(conversationId);
  return messages.flatMap((row): OutputItem[] => {
    const output = outputs.get(row.seq);
    return output === undefined ? toItems(row) : readOutput(output);
  });
}

/** `POST /v1/conversations` */
export async function createConversation(
  stores: ResponseStores,
  { items, metadata }: CreateConversationRequest,
): Promise<OpenAiConversation> {
  const messages = await readItems(stores, items ?? []);
  const stored = metadata ? JSON.stringify(metadata) : null;
  const id = await stores.conversations.create({ userId: null, metadata: stored, messages });
  return toConversation((await find(stores, { conversation_id: id })).conversation);
}

/** `GET /v1/conversations/{conversation_id}` */
export async function retrieveConversation(
  stores: ResponseStores,
  ref: OpenAiConversationRef,
): Promise<OpenAiConversation> {
  return toConversation((await find(stores, ref)).conversation);
}

/** `POST /v1/conversations/{conversation_id}` */
export async function setMetadata(stores: ResponseStores, request: SetMetadataRequest): Promise<OpenAiConversation> {
  const metadata = request.metadata === null ? null : JSON.stringify(request.metadata);
  const row = await stores.conversations.update(keyOf(request), { metadata });
  if (!row) throw notFound();
  return toConversation(row);
}

/** `POST /v1/conversations/{conversation_id}/items`: gives the items that were added. */
export async function addItems(stores: ResponseStores, request: AddItemsRequest): Promise<ItemList> {
  const messages = await readItems(stores, request.items);
  if (messages.length === 0) throw new AppError('invalid_field', 'These items say nothing.', { param: 'items' });
  const firstSeq = await stores.conversations.append(keyOf(request), messages);
  const { conversation_id: id } = request;
  const rows = await stores.responses.messages(id, firstSeq, firstSeq + messages.length);
  return listPage(rows.flatMap(toItems), { order: 'asc', limit: 100 });
}

/** `GET /v1/conversations/{conversation_id}/items` */
export async function listItems(stores: ResponseStores, request: ListItemsRequest): Promise<ItemList> {
  const { conversation, messages } = await find(stores, request);
  return listPage(await itemsOf(stores, conversation.id, messages), request);
}

/** `GET /v1/conversations/{conversation_id}/items/{item_id}` */
export async function getItem(stores: ResponseStores, request: ItemRef): Promise<OutputItem> {
  const { conversation, messages } = await find(stores, request);
  const items = await itemsOf(stores, conversation.id, messages);
  const found = items.filter(({ id }) => id === request.item_id);
  const [item] = listPage(found, request).data;
  if (item) return item;
  throw new AppError('response_not_found', `There is no item '${request.item_id}' here.`, { param: 'item_id' });
}
