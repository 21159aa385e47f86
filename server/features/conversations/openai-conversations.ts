import {
  type AddItemsRequest,
  type CreateConversationRequest,
  type ItemRef,
  type ListItemsRequest,
  Metadata,
  type OpenAiConversation,
  type OpenAiConversationRef,
  type SetMetadataRequest,
} from '../../../contracts/conversations/openai-conversation.ts';
import type { InputItem, ItemList, OutputItem } from '../../../contracts/responses/item.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { nextTurn } from '../../event-loop/next-turn.ts';
import type { ConversationRow, MessageRow, RewrittenMessage } from '../../store/interface/conversations.ts';
import type { SeqRange } from '../../store/interface/responses.ts';
import type { NewMessage } from '../../store/interface/turns.ts';
import type { Principal } from '../access/caller.ts';
import { listPage, pageItems } from '../responses/list-page.ts';
import type { ResponseStores } from '../responses/open-response.ts';
import { checkItems } from '../responses/request/known-items.ts';
import { resolveInput, toInput } from '../responses/request/resolve-references.ts';
import { toMessages } from '../responses/request/to-messages.ts';
import { readOutput, toItems } from '../responses/stored-items.ts';
import { toNewMessage } from '../turns/store-message.ts';
import { isSaid } from './is-said.ts';

const keyOf = ({ conversation_id: id, user }: OpenAiConversationRef, { owner }: Principal) => ({
  id,
  owner,
  userId: user ?? null,
});

const notFound = () => new AppError('conversation_not_found', undefined, { param: 'conversation_id' });

const itemNotFound = ({ item_id: id }: ItemRef) =>
  new AppError('response_not_found', `There is no item '${id}' here.`, { param: 'item_id' });

const toConversation = ({ id, createdAt, metadata }: Pick<ConversationRow, 'id' | 'createdAt' | 'metadata'>) =>
  ({
    id,
    object: 'conversation',
    created_at: Math.floor(createdAt.getTime() / 1000),
    metadata: metadata === null ? {} : Metadata.parse(JSON.parse(metadata)),
  }) satisfies OpenAiConversation;

async function readItems(
  stores: ResponseStores,
  { items, user }: { readonly items: readonly InputItem[]; readonly user?: string | null | undefined },
  principal: Principal,
): Promise<NewMessage[]> {
  const placed = await resolveInput(stores, { input: [...items], user }, principal);
  const renamed = placed.map(({ item, at }) => ({ item, at: at.replace(/^input/, 'items') }));
  checkItems(renamed, { isKey: principal.role !== 'admin', hosted: false });
  return Promise.all(
    toMessages(renamed, false, 'refuse').map((message) =>
      toNewMessage(message.role === 'function' ? 'tool' : message.role, message),
    ),
  );
}

async function findRow(stores: ResponseStores, ref: OpenAiConversationRef, principal: Principal) {
  const found = await stores.conversations.findRow(keyOf(ref, principal));
  if (!found) throw notFound();
  return found;
}

/** A conversation with its messages, but without their media. */
async function find(stores: ResponseStores, ref: OpenAiConversationRef, principal: Principal) {
  const found = await stores.conversations.find(keyOf(ref, principal), { omitsMedia: true });
  if (!found) throw notFound();
  return found;
}

/** The items of a message; those of a response are as it gave them. */
const itemsOf = (row: MessageRow, outputs: ReadonlyMap<number, string>): OutputItem[] => {
  const output = outputs.get(row.seq);
  return output === undefined ? toItems(row) : readOutput(output);
};

const ALL = { from: 1 };

/** So many characters of messages are read before others are served. */
const TURN_LENGTH = 512 * 1024;

/** The items of the active path, in order, without their media. */
async function placeItems(stores: ResponseStores, conversationId: string, messages: readonly MessageRow[]) {
  const outputs = await stores.responses.outputs(conversationId, ALL, { omitsMedia: true });
  return readInTurns(messages.filter(isSaid), outputs);
}

/** The items of messages. Others are served in between, because their texts may have megabytes. */
async function readInTurns(messages: readonly MessageRow[], outputs: ReadonlyMap<number, string>) {
  const placed: { readonly item: OutputItem; readonly seq: number }[] = [];
  let length = 0;
  for (const row of messages) {
    for (const item of itemsOf(row, outputs)) placed.push({ item, seq: row.seq });
    length += row.prompt.length + (outputs.get(row.seq)?.length ?? 0);
    if (length < TURN_LENGTH) continue;
    length = 0;
    await nextTurn();
  }
  return placed;
}

/** The items of a part of the conversation, with their media. */
async function readWhole({ responses }: ResponseStores, conversationId: string, range: SeqRange) {
  const rows = await responses.messages(conversationId, range);
  const outputs = await responses.outputs(conversationId, range);
  return (await readInTurns(rows, outputs)).map(({ item }) => item);
}

/** `POST /v1/conversations` */
export async function createConversation(
  stores: ResponseStores,
  { items, metadata, user }: CreateConversationRequest,
  principal: Principal,
): Promise<OpenAiConversation> {
  const messages = await readItems(stores, { items: items ?? [], user }, principal);
  const stored = metadata ? JSON.stringify(metadata) : null;
  const { owner } = principal;
  const id = await stores.conversations.create({ owner, userId: user ?? null, metadata: stored, messages });
  return toConversation(await findRow(stores, { conversation_id: id, user }, principal));
}

/** `GET /v1/conversations/{conversation_id}` */
export async function retrieveConversation(
  stores: ResponseStores,
  ref: OpenAiConversationRef,
  principal: Principal,
): Promise<OpenAiConversation> {
  return toConversation(await findRow(stores, ref, principal));
}

/** `POST /v1/conversations/{conversation_id}` */
export async function setMetadata(
  stores: ResponseStores,
  request: SetMetadataRequest,
  principal: Principal,
): Promise<OpenAiConversation> {
  const metadata = request.metadata === null ? null : JSON.stringify(request.metadata);
  const row = await stores.conversations.update(keyOf(request, principal), { metadata });
  if (!row) throw notFound();
  return toConversation(row);
}

/** `POST /v1/conversations/{conversation_id}/items`: gives the items that were added. */
export async function addItems(
  stores: ResponseStores,
  request: AddItemsRequest,
  principal: Principal,
): Promise<ItemList> {
  const messages = await readItems(stores, request, principal);
  if (messages.length === 0)
    throw invalidField('items', 'Send at least one item with content: these items contain no message.');
  const firstSeq = await stores.conversations.append(keyOf(request, principal), messages);
  const { conversation_id: id } = request;
  const range = { from: firstSeq, before: firstSeq + messages.length };
  const rows = await stores.responses.messages(id, range, { omitsMedia: true });
  return listPage(rows.flatMap(toItems), { order: 'asc', limit: 100 });
}

/** `GET /v1/conversations/{conversation_id}/items` */
export async function listItems(
  stores: ResponseStores,
  request: ListItemsRequest,
  principal: Principal,
): Promise<ItemList> {
  const { conversation, messages } = await find(stores, request, principal);
  const placed = await placeItems(stores, conversation.id, messages);
  return pageItems(placed, request, (range) => readWhole(stores, conversation.id, range));
}

const textIn = (items: readonly OutputItem[]): string | null =>
  items
    .filter(({ type }) => type === 'reasoning')
    .flatMap(({ content, summary }) => (content?.length ? content : (summary ?? [])))
    .map(({ text }) => text ?? '')
    .join('\n\n') || null;

/** The readable rest of a message. Null when a model could read nothing of it. */
async function rewritten(rest: readonly OutputItem[], isAnswer: boolean): Promise<RewrittenMessage | null> {
  const placed = rest.map((item) => ({ item: toInput(item), at: 'item_id' }));
  const [message] = toMessages(placed, false, 'refuse');
  if (!message) return null;
  const { prompt, text } = await toNewMessage('assistant', message);
  return { prompt, text, reasoning: textIn(rest), output: isAnswer ? JSON.stringify(rest) : null };
}

/** `DELETE /v1/conversations/{conversation_id}/items/{item_id}`: no later answer knows of it. */
export async function deleteItem(
  stores: ResponseStores,
  request: ItemRef,
  principal: Principal,
): Promise<OpenAiConversation> {
  const { conversation, messages } = await find(stores, request, principal);
  const outputs = await stores.responses.outputs(conversation.id, ALL, { omitsMedia: true });
  for (const row of messages) {
    if (!itemsOf(row, outputs).some(({ id }) => id === request.item_id)) continue;
    const items = await readWhole(stores, conversation.id, { from: row.seq, before: row.seq + 1 });
    const rest = items.filter(({ id }) => id !== request.item_id);
    const isAnswer = outputs.has(row.seq);
    await stores.conversations.rewrite(keyOf(request, principal), row.id, await rewritten(rest, isAnswer));
    return toConversation(conversation);
  }
  throw itemNotFound(request);
}

/** `GET /v1/conversations/{conversation_id}/items/{item_id}`: with its media, for it alone was asked for. */
export async function getItem(stores: ResponseStores, request: ItemRef, principal: Principal): Promise<OutputItem> {
  const { conversation, messages } = await find(stores, request, principal);
  const placed = await placeItems(stores, conversation.id, messages);
  const seq = placed.find(({ item }) => item.id === request.item_id)?.seq;
  if (seq === undefined) throw itemNotFound(request);
  const items = await readWhole(stores, conversation.id, { from: seq, before: seq + 1 });
  const [item] = listPage(
    items.filter(({ id }) => id === request.item_id),
    request,
  ).data;
  if (item) return item;
  throw itemNotFound(request);
}
