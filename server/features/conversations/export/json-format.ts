import type { ConversationRow, MessageRow } from '../../../store/interface/conversations.ts';
import type { ResponseRow } from '../../../store/interface/responses.ts';
import { showSummary } from '../show-summary.ts';
import { sourceOfTitle } from '../source-of-title.ts';
import type { ExportedConversation, ExportFormat } from './export-format.ts';

/** Grows when a reader has to know of a change. */
const VERSION = 1;

const headOf = (row: ConversationRow, headId: string | null) => ({
  id: row.id,
  title: row.title,
  title_source: sourceOfTitle(row),
  user_id: row.userId,
  model: row.model,
  system_prompt: row.systemPrompt,
  metadata: row.metadata === null ? null : JSON.parse(row.metadata),
  message_count: row.messageCount,
  head_message_id: headId,
  created_at: row.createdAt.toISOString(),
  last_used_at: row.lastUsedAt.toISOString(),
});

/** An object with one more field, whose value is JSON text: what is stored as JSON goes out as it is, byte for byte. */
const withText = (object: object, name: string, json: string | null): string =>
  `${JSON.stringify(object).slice(0, -1)},${JSON.stringify(name)}:${json ?? 'null'}}`;

function writeMessage(row: MessageRow): string {
  const told = {
    id: row.id,
    seq: row.seq,
    parent_id: row.parentId,
    turn_id: row.turnId,
    role: row.role,
    status: row.status,
    model: row.model,
    finish_reason: row.finishReason,
    reasoning: row.reasoning,
    usage: row.usage,
    created_at: row.createdAt.toISOString(),
    ...showSummary(row),
  };
  return withText(told, 'message', row.prompt);
}

function writeResponse(row: ResponseRow): string {
  const told = {
    id: row.id,
    first_seq: row.firstSeq,
    answer_seq: row.answerSeq,
    request: JSON.parse(row.echo),
    error: row.error === null ? null : JSON.parse(row.error),
    created_at: row.createdAt.toISOString(),
    ended_at: row.endedAt?.toISOString() ?? null,
  };
  return withText(told, 'output', row.output);
}

async function* writeList<Row>(
  rows: AsyncIterable<Row>,
  write: (row: Row) => string,
): AsyncGenerator<string, void, void> {
  let comma = '';
  for await (const row of rows) {
    yield comma + write(row);
    comma = ',';
  }
}

/** Everything that is stored of a conversation. */
async function* write({
  conversation,
  headId,
  messages,
  responses,
}: ExportedConversation): AsyncGenerator<string, void, void> {
  const head = JSON.stringify(headOf(conversation, headId));
  yield `{"object":"conversation.export","version":${VERSION},"conversation":${head},"messages":[`;
  yield* writeList(messages, writeMessage);
  yield '],"responses":[';
  yield* writeList(responses, writeResponse);
  yield ']}';
}

export const jsonFormat: ExportFormat = {
  contentType: 'application/json; charset=utf-8',
  listType: 'application/x-ndjson; charset=utf-8',
  extension: 'json',
  listExtension: 'jsonl',
  separator: '\n',
  end: '\n',
  isTree: true,
  omitsMedia: false,
  write,
};
