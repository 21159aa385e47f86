import type { ContentPart } from '../../../contracts/chat/message.ts';
import type { DocumentBlock, ImageBlock, InputBlock, ResultBlock } from '../../../contracts/messages/request.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { readToolChange } from './read-tool-changes.ts';

export const textPart = (text: string): ContentPart => ({ type: 'text', text });

function toImage({ source }: ImageBlock, param: string): ContentPart {
  if (source.type !== 'base64' || !source.media_type || !source.data) {
    throw invalidField(`${param}.source`, 'Send the image as base64, with media_type and data.');
  }
  return { type: 'image_url', image_url: { url: `data:${source.media_type};base64,${source.data}` } };
}

function toFile({ source, title }: DocumentBlock, param: string): ContentPart {
  if (source.media_type !== 'application/pdf' || !source.data) {
    throw invalidField(`${param}.source`, 'Send the document as a base64 PDF, as text, or as blocks of content.');
  }
  const file = { filename: title ?? 'document.pdf', file_data: `data:application/pdf;base64,${source.data}` };
  return { type: 'file', file };
}

function toDocument(block: DocumentBlock, param: string): ContentPart[] {
  const { source, title, context } = block;
  const about = [title && source.type !== 'base64' ? `Title: ${title}` : '', context ? `Context: ${context}` : ''];
  const head = about.filter(Boolean).map(textPart);
  if (source.type === 'base64') return [...head, toFile(block, param)];
  if (source.type === 'text' && source.data != null) return [...head, textPart(source.data)];
  if (source.type === 'content' && source.content != null) {
    const { content } = source;
    if (typeof content === 'string') return [...head, textPart(content)];
    return [...head, ...content.flatMap((inner, i) => readBlock(inner, `${param}.source.content[${i}]`))];
  }
  throw invalidField(
    `${param}.source.type`,
    'The gateway does not fetch URLs or stored files. Send the document inline.',
  );
}

function toSearchResult(block: InputBlock | ResultBlock): ContentPart[] {
  const { title, source, content } = { title: '', source: '', content: [], ...block };
  const texts = Array.isArray(content)
    ? content.map((inner: { text?: unknown } | null) => String(inner?.text ?? ''))
    : [];
  return [textPart([`Search result: ${String(title)} (${String(source)})`, ...texts].join('\n'))];
}

/** Handles a block that only Anthropic's own models know: it stays as it is for them, or it is refused. */
export type Others = 'keep' | 'refuse';

/** The types of which `readBlock` makes something. */
const READ: ReadonlySet<string> = new Set([
  ...['text', 'image', 'document', 'search_result'],
  ...['tool_reference', 'tool_addition', 'tool_removal'],
]);

/** One block of a user's turn or of a tool's result; `param` is its place. An empty text is left out. */
export function toParts(block: InputBlock | ResultBlock, param: string, others: Others): ContentPart[] {
  // An error costs thirty times as much as such a block, of which a request may have thousands.
  if (others === 'keep' && !READ.has(block.type)) return [{ ...block }];
  try {
    return readBlock(block, param);
  } catch (error) {
    if (others === 'keep' && error instanceof AppError && error.code === 'invalid_field') return [{ ...block }];
    throw error;
  }
}

const announce = (tool: string, shown: boolean) =>
  textPart(`The tool ${tool} ${shown ? 'can be called from now on' : 'can no longer be called'}.`);

function readBlock(block: InputBlock | ResultBlock, param: string): ContentPart[] {
  if (block.type === 'text' && typeof block.text === 'string') return block.text === '' ? [] : [textPart(block.text)];
  if (isImage(block)) return [toImage(block, param)];
  if (isDocument(block)) return toDocument(block, param);
  if (block.type === 'search_result') return toSearchResult(block);
  if (block.type === 'tool_reference' && typeof block.tool_name === 'string') {
    return [announce(block.tool_name, true)];
  }
  const change = readToolChange(block, param);
  if (change) return [announce(change.name, change.shown)];
  throw invalidField(`${param}.type`, `A block of type '${block.type.slice(0, 50)}' is not supported here.`);
}

const isImage = (block: InputBlock | ResultBlock): block is ImageBlock => block.type === 'image';
const isDocument = (block: InputBlock | ResultBlock): block is DocumentBlock => block.type === 'document';

/** A text where nothing but text is said: what every upstream and chat template takes. */
export function toContent(parts: readonly ContentPart[]): string | ContentPart[] {
  const texts = parts.flatMap((part) => (part.type === 'text' && typeof part.text === 'string' ? [part.text] : []));
  return texts.length === parts.length ? texts.join('\n\n') : [...parts];
}
