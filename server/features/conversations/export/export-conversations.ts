import type { ExportFormatName, ExportRequest, ExportUserRequest } from '../../../../contracts/conversations/export.ts';
import { AppError } from '../../../errors/app-error.ts';
import { nextTurn } from '../../../event-loop/next-turn.ts';
import type { ConversationKey, MessageRow } from '../../../store/interface/conversations.ts';
import type { ResponseRow } from '../../../store/interface/responses.ts';
import type { Store } from '../../../store/interface/store.ts';
import type { Principal } from '../../access/caller.ts';
import type { ExportedConversation, ExportFormat } from './export-format.ts';
import { jsonFormat } from './json-format.ts';
import { markdownFormat } from './markdown-format.ts';
import { openAiFormat } from './openai-format.ts';

/** The stores that exports are read from. */
export type ExportStores = Pick<Store, 'conversations' | 'responses'>;

/** How many messages are in memory at once, and how many bytes of them, because one may hold pictures of many megabytes. */
const PAGE = 100;
const PAGE_BYTES = 256 * 1024;
/** How many responses are in memory at once. Their sizes are not known. */
const RESPONSES_PAGE = 8;
/** How many ids of conversations are in memory at once. */
const ID_PAGE = 500;

const formats: Readonly<Record<ExportFormatName, ExportFormat>> = {
  json: jsonFormat,
  markdown: markdownFormat,
  openai: openAiFormat,
};

/** A file that is written while it is read from the database. */
export interface ExportFile {
  readonly name: string;
  readonly contentType: string;
  readonly body: AsyncGenerator<readonly Buffer[], void, void>;
}

async function* messagesOf(
  { conversations }: ExportStores,
  key: ConversationKey,
  { omitsMedia, isTree }: ExportFormat,
): AsyncGenerator<MessageRow, void, void> {
  // Once: each page would ask for the path anew.
  const path = isTree ? null : await conversations.pathIds(key.id);
  let after: string | undefined;
  for (;;) {
    const cursor = after === undefined ? undefined : { value: after, param: 'after' };
    const range = { limit: PAGE, mostBytes: PAGE_BYTES, after: cursor };
    const page = await conversations.findPage(key, { ...range, omitsMedia, isTree: true });
    for (const message of page?.messages ?? []) if (path?.has(message.id) ?? true) yield message;
    after = page?.messages.at(-1)?.id;
    // The database and a fast client never make us wait, and everybody else would.
    await nextTurn();
    if (!page?.hasMore) return;
  }
}

async function* responsesOf(
  { responses }: ExportStores,
  { id }: ConversationKey,
): AsyncGenerator<ResponseRow, void, void> {
  let after = 0;
  for (;;) {
    const rows = await responses.page(id, after, RESPONSES_PAGE);
    yield* rows;
    await nextTurn();
    const last = rows.at(-1);
    if (!last) return;
    after = last.answerSeq;
  }
}

/** Null when this user may see no such conversation. */
async function openConversation(
  stores: ExportStores,
  key: ConversationKey,
  format: ExportFormat,
): Promise<ExportedConversation | null> {
  const found = await stores.conversations.findPage(key, { limit: 1, omitsMedia: true, isTree: true });
  if (!found) return null;
  const { conversation, headId } = found;
  return { conversation, headId, messages: messagesOf(stores, key, format), responses: responsesOf(stores, key) };
}

async function* toBytes(pieces: AsyncIterable<string>): AsyncGenerator<readonly Buffer[], void, void> {
  for await (const piece of pieces) yield [Buffer.from(piece)];
}

async function* writeOne(stores: ExportStores, key: ConversationKey, format: ExportFormat) {
  const exported = await openConversation(stores, key, format);
  if (!exported) throw new AppError('conversation_not_found', undefined, { param: 'conversation_id' });
  yield* format.write(exported);
}

async function* writeAll(stores: ExportStores, owner: string | null, userId: string, format: ExportFormat) {
  let before = '';
  let after: string | null = null;
  for (;;) {
    const ids: readonly string[] = await stores.conversations.ids({ owner, userId }, { after, limit: ID_PAGE });
    for (const id of ids) {
      // It may have been deleted since.
      const exported = await openConversation(stores, { id, owner, userId }, format);
      if (!exported) continue;
      yield before;
      yield* format.write(exported);
      before = format.separator;
    }
    after = ids.at(-1) ?? null;
    if (after === null) break;
  }
  if (before !== '') yield format.end;
}

/** `GET /c1/conversations/{conversation_id}/export` */
export function exportConversation(
  stores: ExportStores,
  { conversation_id: id, user_id: userId, format: name }: ExportRequest,
  { owner }: Principal,
): ExportFile {
  const format = formats[name];
  const body = toBytes(writeOne(stores, { id, owner, userId: userId ?? null }, format));
  return { name: `conversation.${format.extension}`, contentType: format.contentType, body };
}

/** `GET /c1/conversations/export`: in the order in which the conversations were begun. */
export function exportUser(
  stores: ExportStores,
  { user_id: userId, format: name }: ExportUserRequest,
  { owner }: Principal,
): ExportFile {
  const format = formats[name];
  const body = toBytes(writeAll(stores, owner, userId, format));
  return { name: `conversations.${format.listExtension}`, contentType: format.listType, body };
}
