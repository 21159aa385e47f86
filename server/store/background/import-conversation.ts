import { hash } from 'node:crypto';
import { siblingId } from '../../canonical/ids.ts';
import { cutMedia } from '../cut-media.ts';
import type { ImportedConversation, ImportedMessage, ImportedResponse } from '../interface/imports.ts';
import { inMessage, inResponse, keepMedia } from '../media.ts';
import { withoutNul } from '../rows.ts';
import type { Statements } from '../sqlite/connection.ts';
import { toSqliteTime } from '../sqlite/values.ts';
import { insertSummary } from '../summaries.ts';

const SELECT_CONVERSATION = 'SELECT "owner" FROM "Conversation" WHERE "id" = ?';

const SELECT_MESSAGE = 'SELECT 1 FROM "Message" WHERE "id" = ?';

const INSERT_CONVERSATION = `
  INSERT INTO "Conversation" ("id", "owner", "userId", "title", "titleSource", "model", "systemPrompt", "messageCount",
    "headMessageId", "createdAt", "lastUsedAt", "metadata")
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const INSERT_MESSAGE = `
  INSERT INTO "Message" ("id", "conversationId", "seq", "parentId", "turnId", "role", "prompt", "text", "reasoning", "status",
    "model", "finishReason", "usage", "createdAt")
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const INSERT_RESPONSE = `
  INSERT INTO "Response" ("id", "conversationId", "firstSeq", "answerSeq", "echo", "output", "error", "createdAt", "endedAt")
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING RETURNING "id"`;

/** The ids of a conversation and of its messages. */
interface Ids {
  readonly conversation: string;
  readonly messages: readonly string[];
}

/**
 * An id that only depends on `of` and the time, so that the same file gives the same ids. Like the ids of `newId` it
 * sorts by time; without a time it comes first.
 */
function derivedId(prefix: 'conv' | 'msg', time: Date | null, of: readonly unknown[]): string {
  const digits = Math.max(0, time?.getTime() ?? 0)
    .toString(16)
    .padStart(12, '0')
    .slice(-12);
  return `${prefix}_${digits}${hash('sha256', JSON.stringify(of), 'hex').slice(0, 20)}`;
}

const isOurs = (prefix: string, id: string | null): id is string =>
  id !== null && new RegExp(`^${prefix}_[0-9a-f]{32}$`).test(id);

/** The ids that the conversation and its messages had, when all of them have the form of ids here; else null. */
function ownIds({ id, messages }: ImportedConversation): Ids | null {
  if (!isOurs('conv', id)) return null;
  const ids = messages.flatMap((message) => (isOurs('msg', message.id) ? [message.id] : []));
  return new Set(ids).size === messages.length ? { conversation: id, messages: ids } : null;
}

function derivedIds({ owner, userId, source, createdAt, messages }: ImportedConversation): Ids {
  const of = [owner, userId, source];
  return {
    conversation: derivedId('conv', createdAt, of),
    messages: messages.map((message, i) => derivedId('msg', message.createdAt, [...of, i])),
  };
}

/** Whether the ids are free, or belong to a conversation that this owner sees. Null: they belong to another owner. */
function lookUp(db: Statements, ids: Ids, owner: string | null): 'free' | 'here' | null {
  const [found] = db.all(SELECT_CONVERSATION, ids.conversation);
  if (found) return found[0] === owner ? 'here' : null;
  return ids.messages.some((id) => db.all(SELECT_MESSAGE, id).length > 0) ? null : 'free';
}

/** The turn of each message. It is named by its answer: the last message of the assistant in it. */
function turnIdsOf(messages: readonly ImportedMessage[], ids: readonly string[]): string[] {
  const answers = new Map<string, string>();
  for (const [i, { turn, role }] of messages.entries()) {
    if (role === 'assistant') answers.set(turn, ids[i] ?? '');
    else if (!answers.has(turn)) answers.set(turn, siblingTurn(ids[i] ?? ''));
  }
  return messages.map(({ turn }) => answers.get(turn) ?? '');
}

/** The turn of messages that were added without an answer. */
const siblingTurn = (id: string): string => id.replace(/^msg_/, 'add_');

function insertMessage(
  db: Statements,
  { message, values }: { message: ImportedMessage & { createdAt: Date }; values: readonly (string | number | null)[] },
  owner: string | null,
): void {
  const { text: prompt, pieces } = cutMedia(message.prompt);
  const [id = '', ...place] = values;
  const [conversationId = ''] = place;
  db.run(
    INSERT_MESSAGE,
    ...[
      id,
      ...place,
      message.role,
      prompt,
      withoutNul(message.text),
      message.reasoning && withoutNul(message.reasoning),
    ],
    ...[message.status, message.model, message.finishReason, message.usage, toSqliteTime(message.createdAt)],
  );
  keepMedia(db, inMessage, { id: String(id), pieces, owner });
  const { summary } = message;
  if (summary) insertSummary(db, { messageId: String(id), conversationId: String(conversationId), ...summary });
}

/** Responses are named after their answers. */
function insertResponse(
  db: Statements,
  { row, owner }: { readonly row: ImportedResponse; readonly owner: string | null },
  { conversation, messages }: Ids,
): void {
  const answer = messages[row.answerSeq - 1];
  if (answer === undefined || row.firstSeq > row.answerSeq) return;
  const id = siblingId(answer, 'resp_');
  const output = row.output === null ? null : cutMedia(row.output);
  const [inserted] = db.all(
    INSERT_RESPONSE,
    ...[id, conversation, row.firstSeq, row.answerSeq, row.echo, output?.text ?? null, row.error],
    ...[toSqliteTime(row.createdAt), row.endedAt && toSqliteTime(row.endedAt)],
  );
  if (inserted && output) keepMedia(db, inResponse, { id, pieces: output.pieces, owner });
}

/** Stores a conversation that was begun elsewhere. In a transaction. False when it is here already. */
export function importConversation(db: Statements, imported: ImportedConversation): boolean {
  const { owner, messages } = imported;
  let ids = ownIds(imported);
  let found = ids && lookUp(db, ids, owner);
  if (!ids || found === null) {
    ids = derivedIds(imported);
    found = lookUp(db, ids, owner);
  }
  if (found !== 'free') return false;

  const now = new Date();
  const createdAt = imported.createdAt ?? now;
  const isLinear = messages.every(({ parent }, i) => parent === (i === 0 ? null : i - 1));
  const isWhole = isLinear && imported.head === messages.length - 1;
  db.run(
    INSERT_CONVERSATION,
    ...[ids.conversation, owner, imported.userId, imported.title, imported.titleSource, imported.model],
    ...[imported.systemPrompt, messages.length, isWhole ? null : (ids.messages[imported.head] ?? null)],
    ...[toSqliteTime(createdAt), toSqliteTime(imported.lastUsedAt ?? now), imported.metadata],
  );
  const turnIds = turnIdsOf(messages, ids.messages);
  let at = createdAt;
  for (const [i, message] of messages.entries()) {
    at = message.createdAt ?? at;
    const parentId = message.parent === null ? null : (ids.messages[message.parent] ?? null);
    const values = [ids.messages[i] ?? null, ids.conversation, i + 1, parentId, turnIds[i] ?? null];
    insertMessage(db, { message: { ...message, createdAt: at }, values }, owner);
  }
  for (const row of imported.responses) insertResponse(db, { row, owner }, ids);
  return true;
}
