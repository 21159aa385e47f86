import { ExportedConversation } from '../../../../contracts/conversations/import-files.ts';
import { findFields } from '../../../canonical/find-fields.ts';
import { COMMA, skipSpace, skipValue } from '../../../canonical/scan-json.ts';
import { type FoundConversation, type ImportForm, readAs } from './found-conversation.ts';

/** The JSON texts of the messages, byte for byte; null where they cannot be told apart. */
function textsOf(bytes: Buffer, count: number): readonly string[] | null {
  const [list] = findFields(bytes, ['messages']) ?? [];
  if (!list) return null;
  const texts: string[] = [];
  let at = skipSpace(bytes, list.start + 1);
  while (texts.length < count) {
    const end = skipValue(bytes, at);
    if (end <= at) return null;
    const item = bytes.subarray(at, end);
    const [field] = findFields(item, ['message']) ?? [];
    if (!field) return null;
    texts.push(item.toString('utf8', field.start, field.end));
    at = skipSpace(bytes, end);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
  return texts;
}

const jsonOrNull = (value: unknown): string | null => (value == null ? null : JSON.stringify(value));

/** Conversations that a gateway like this one exported: nothing of them is lost. */
export const exportForm: ImportForm = {
  recognizes: ({ object }) => object === 'conversation.export',
  read({ value, bytes }): FoundConversation {
    const { conversation: head, messages, responses } = readAs(ExportedConversation, value);
    const texts = textsOf(bytes, messages.length);
    const places = new Map(messages.map(({ id }, i) => [id, i]));
    return {
      source: `duplex:${head.id}`,
      id: head.id,
      title: head.title,
      titleSource: head.title_source ?? null,
      userId: head.user_id,
      model: head.model,
      systemPrompt: head.system_prompt,
      metadata: head.metadata,
      createdAt: head.created_at,
      lastUsedAt: head.last_used_at,
      head: places.get(head.head_message_id ?? '') ?? null,
      messages: messages.map((row, i) => ({
        id: row.id,
        parent: places.get(row.parent_id ?? '') ?? null,
        turn: row.turn_id,
        role: row.role,
        message: row.message,
        ...(texts?.[i] !== undefined && { prompt: texts[i] }),
        reasoning: row.reasoning,
        status: row.status,
        model: row.model,
        finishReason: row.finish_reason,
        usage: row.usage,
        createdAt: row.created_at,
        summary: row.summary
          ? { text: row.summary.text, model: row.summary.model, createdAt: row.summary.created_at }
          : undefined,
      })),
      responses: responses.map((row) => ({
        id: row.id,
        firstSeq: row.first_seq,
        answerSeq: row.answer_seq,
        echo: JSON.stringify(row.request ?? {}),
        output: jsonOrNull(row.output),
        error: jsonOrNull(row.error),
        createdAt: row.created_at,
        endedAt: row.ended_at,
      })),
      leftOut: 0,
    };
  },
};
