import { ChatMessage } from '../../../../contracts/chat/message.ts';
import { Metadata } from '../../../../contracts/conversations/openai-conversation.ts';
import { AppError } from '../../../errors/app-error.ts';
import { nextTurn } from '../../../event-loop/next-turn.ts';
import type { ImportedConversation, ImportedMessage } from '../../../store/interface/imports.ts';
import type { Principal } from '../../access/caller.ts';
import { message as checkShape } from '../../chat/known-content.ts';
import { toNewMessage } from '../../turns/store-message.ts';
import { type FoundConversation, type FoundMessage, UnreadableError } from './found-conversation.ts';

/** The owner and the end user of the imported conversations. */
export interface Importer {
  readonly principal: Principal;
  /** The end user of all conversations; undefined: each conversation has the end user that the file names. */
  readonly userId: string | undefined;
}

/** The most messages of a conversation. A longer one would keep other writers from the database for seconds. */
const MAX_MESSAGES = 20_000;

/** After this many messages, other requests are served. */
const IN_ONE_TURN = 200;

/** The longest title and name that clients can set, in UTF-16 units. */
const MAX_TITLE = 500;
const MAX_NAME = 256;

const clean = (text: string, length: number): string =>
  text
    .replaceAll('\0', '')
    .slice(0, length)
    .replace(/[\uD800-\uDBFF]$/, '');

const nameOrNull = (name: string | null | undefined): string | null => (name ? clean(name, MAX_NAME) : null);

/** Refuses what a key could not have said itself. */
function checkMessage(found: FoundMessage, position: number, { role }: Principal): ChatMessage {
  const { data, error } = ChatMessage.safeParse(found.message);
  if (!data) throw new UnreadableError(`Message ${position}: ${error.issues[0]?.message ?? 'it is not a message'}.`);
  const fault = checkShape(data, { isKey: role !== 'admin', hosted: false });
  if (fault) throw new UnreadableError(`Message ${position}: ${fault.message}`);
  return data;
}

/** Answers end turns: a message that is not an answer belongs to the turn of the next answer. */
function turnsOf(messages: readonly FoundMessage[]): string[] {
  const turns = messages.map(({ role, turn }, i) => turn ?? (role === 'assistant' ? String(i) : null));
  for (let i = messages.length - 1; i >= 0; i--) {
    const parent = messages[i]?.parent ?? null;
    if (parent !== null && turns[i] !== null) turns[parent] ??= turns[i] ?? null;
  }
  return turns.map((turn, i) => turn ?? `alone ${i}`);
}

async function toMessage(
  found: FoundMessage,
  { checked, turn }: { checked: ChatMessage; turn: string },
): Promise<ImportedMessage> {
  const made = await toNewMessage(found.role, checked);
  const status = found.status ?? 'completed';
  return {
    ...made,
    prompt: found.prompt ?? made.prompt,
    id: found.id,
    parent: found.parent,
    turn,
    // No client can continue it here.
    status: status === 'in_progress' ? 'incomplete' : status,
    reasoning: found.reasoning ?? null,
    model: nameOrNull(found.model),
    finishReason: nameOrNull(found.finishReason) ?? (found.role === 'assistant' ? 'stop' : null),
    usage: found.usage ? JSON.stringify(found.usage) : null,
    createdAt: found.createdAt,
    summary: found.summary,
  };
}

/** Converts a conversation of a file to the one that is stored. Throws `UnreadableError`. */
export async function toImported(
  found: FoundConversation,
  { principal, userId }: Importer,
): Promise<ImportedConversation> {
  const { messages } = found;
  if (messages.length === 0) throw new UnreadableError('It has no messages that can be read.');
  if (messages.length > MAX_MESSAGES) throw new UnreadableError(`It has more than ${MAX_MESSAGES} messages.`);
  if (messages.some(({ parent }, i) => parent !== null && parent >= i))
    throw new UnreadableError('The parent of a message comes after it.');
  const turns = turnsOf(messages);
  const rows: ImportedMessage[] = [];
  for (const [i, message] of messages.entries()) {
    const checked = checkMessage(message, i + 1, principal);
    rows.push(await toMessage(message, { checked, turn: turns[i] ?? '' }));
    if (i % IN_ONE_TURN === 0) await nextTurn();
  }
  const metadata = Metadata.safeParse(found.metadata);
  return {
    owner: principal.owner,
    userId: userId ?? nameOrNull(found.userId),
    source: found.source,
    id: found.id ?? null,
    title: found.title === null ? null : clean(found.title, MAX_TITLE),
    titleSource: found.title === null ? null : (found.titleSource ?? 'user'),
    model: nameOrNull(found.model ?? rows.findLast(({ model }) => model)?.model),
    systemPrompt: found.systemPrompt == null ? null : found.systemPrompt.replaceAll('\0', ''),
    metadata: metadata.success ? JSON.stringify(metadata.data) : null,
    createdAt: found.createdAt ?? rows.find((row) => row.createdAt)?.createdAt ?? null,
    lastUsedAt: found.lastUsedAt ?? rows.findLast((row) => row.createdAt)?.createdAt ?? null,
    head: found.head ?? rows.length - 1,
    messages: rows,
    responses: found.responses ?? [],
  };
}

/** Describes the error to the person who has the file. An error of the gateway itself is thrown. */
export function explainUnreadable(error: unknown): string {
  if (error instanceof UnreadableError) return error.message;
  if (error instanceof AppError && error.code === 'invalid_json') return 'It is not valid JSON.';
  if (error instanceof AppError && error.code === 'body_too_complex') return error.message;
  throw error;
}
