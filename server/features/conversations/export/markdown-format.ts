import type { ChatMessage, ContentPart } from '../../../../contracts/chat/message.ts';
import type { MessageRow } from '../../../store/interface/conversations.ts';
import type { ExportedConversation, ExportFormat } from './export-format.ts';

const NAMES: Readonly<Record<MessageRow['role'], string>> = {
  user: 'User',
  assistant: 'Assistant',
  tool: 'Tool',
  system: 'System',
  developer: 'Developer',
};

const DATA_URI = /^data:([^;,]{1,100})[;,]/;

/** A code block whose fence is longer than every one in the text. */
function fenced(text: string, language = ''): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

const quoted = (text: string): string => text.replace(/^/gm, '> ');

/** A picture, sound or file in words: its data would make the text unreadable. */
function nameMedia(part: ContentPart): string {
  const address = part.image_url;
  const url = typeof address === 'object' && address !== null && 'url' in address ? address.url : address;
  const type = typeof url === 'string' ? DATA_URI.exec(url.slice(0, 120))?.[1] : undefined;
  return `*[${type ?? part.type}]*`;
}

const textOf = ({ content }: ChatMessage): string[] => {
  if (content == null) return [];
  if (typeof content === 'string') return content === '' ? [] : [content];
  return content.map((part) => (part.type === 'text' && typeof part.text === 'string' ? part.text : nameMedia(part)));
};

const callsOf = ({ tool_calls: calls }: ChatMessage): string[] =>
  (calls ?? []).map(
    ({ id, function: called }) => `Calls \`${called?.name ?? id}\`:\n\n${fenced(called?.arguments ?? '', 'json')}`,
  );

function writeMessage(row: MessageRow): string {
  const message: ChatMessage = JSON.parse(row.prompt);
  const said = row.role === 'tool' ? textOf(message).map((text) => fenced(text)) : textOf(message);
  const thought = row.reasoning ? [quoted(row.reasoning)] : [];
  const ending = row.status === 'completed' ? [] : [`*(${row.status.replace('_', ' ')})*`];
  const by = row.model ? ` (${row.model})` : '';
  return [`## ${NAMES[row.role]}${by}`, ...thought, ...said, ...callsOf(message), ...ending].join('\n\n');
}

/** Writes a conversation for people to read: pictures, sounds and files are named, not shown. */
async function* write({ conversation, messages }: ExportedConversation): AsyncGenerator<string, void, void> {
  const { title, id, createdAt, systemPrompt } = conversation;
  yield `# ${(title ?? id).replaceAll('\n', ' ')}\n\n*${createdAt.toISOString()}*\n`;
  if (systemPrompt) yield `\n## System\n\n${systemPrompt}\n`;
  for await (const row of messages) yield `\n${writeMessage(row)}\n`;
}

export const markdownFormat: ExportFormat = {
  contentType: 'text/markdown; charset=utf-8',
  listType: 'text/markdown; charset=utf-8',
  extension: 'md',
  listExtension: 'md',
  separator: '\n---\n\n',
  end: '',
  isTree: false,
  omitsMedia: true,
  write,
};
