import { OpenWebUiChat, OpenWebUiMessage } from '../../../../contracts/conversations/import-files.ts';
import { isRecord } from '../../../canonical/json.ts';
import { isSpace } from '../../../canonical/scan-json.ts';
import {
  type FoundConversation,
  type FoundMessage,
  fromSeconds,
  type ImportForm,
  readAs,
} from './found-conversation.ts';
import { KeptNodes, walkTree } from './walk-tree.ts';

interface Node {
  readonly id: string;
  readonly parentId: string | null;
  readonly message: OpenWebUiMessage | null;
}

/** Open WebUI keeps what a model thought in its answer, as a part of the page. */
const THOUGHT_START = /<details\s{1,20}type="reasoning"[^<>]{0,2000}>(?:\s{0,20}<summary>[^<]{0,2000}<\/summary>)?/g;
const THOUGHT_END = '</details>';

/** Longer answers are taken as they are. In UTF-16 units. */
const LONGEST_SEARCHED = 1024 * 1024;

function readAnswer(content: string): { text: string; reasoning: string | null } {
  if (content.length > LONGEST_SEARCHED || !content.includes('type="reasoning"'))
    return { text: content, reasoning: null };
  const thoughts: string[] = [];
  let text = '';
  let at = 0;
  for (const { index, 0: start } of content.matchAll(THOUGHT_START)) {
    if (index < at) continue;
    const from = index + start.length;
    const end = content.indexOf(THOUGHT_END, from);
    if (end < 0) break;
    thoughts.push(content.slice(from, end).replace(/^> ?/gm, '').trim());
    text += content.slice(at, index);
    at = end + THOUGHT_END.length;
    while (isSpace(content.charCodeAt(at))) at++;
  }
  return { text: text + content.slice(at), reasoning: thoughts.join('\n\n') || null };
}

/** The pictures in the file. The other ones are addresses of Open WebUI's server. */
function picturesOf(files: unknown): { readonly parts: readonly object[]; readonly leftOut: number } {
  const list: readonly unknown[] = Array.isArray(files) ? files : [];
  const parts = list.flatMap((file) =>
    isRecord(file) && typeof file.url === 'string' && file.url.startsWith('data:image/')
      ? [{ type: 'image_url', image_url: { url: file.url } }]
      : [],
  );
  return { parts, leftOut: list.length - parts.length };
}

function nodesOf({ history, messages }: Readonly<Record<string, unknown>>): Node[] {
  const map = isRecord(history) && isRecord(history.messages) ? history.messages : null;
  const list: readonly unknown[] = map ? Object.values(map) : Array.isArray(messages) ? messages : [];
  return list.flatMap((node) => {
    if (!isRecord(node) || typeof node.id !== 'string') return [];
    const parentId = typeof node.parentId === 'string' ? node.parentId : null;
    return [{ id: node.id, parentId, message: OpenWebUiMessage.safeParse(node).data ?? null }];
  });
}

/** Chats of Open WebUI, branches included. */
export const openWebUiForm: ImportForm = {
  recognizes: ({ chat }) => isRecord(chat),
  read({ value }): FoundConversation {
    const exported = readAs(OpenWebUiChat, value);
    const { chat } = exported;
    const nodes = walkTree(nodesOf(chat));
    const kept = new KeptNodes(nodes);
    const messages: FoundMessage[] = [];
    let leftOut = 0;
    for (const { id, parentId, message } of nodes) {
      if (!message) {
        leftOut += 1;
        continue;
      }
      const { role } = message;
      const { text, reasoning } =
        role === 'assistant' ? readAnswer(message.content) : { text: message.content, reasoning: null };
      const pictures = picturesOf(message.files);
      leftOut += pictures.leftOut;
      if (text === '' && pictures.parts.length === 0) continue;
      const content = pictures.parts.length > 0 ? [{ type: 'text', text }, ...pictures.parts] : text;
      messages.push({
        id: null,
        parent: kept.nearest(parentId),
        role,
        message: { role, content },
        reasoning,
        model: role === 'assistant' && typeof message.model === 'string' ? message.model : null,
        createdAt: fromSeconds(message.timestamp),
      });
      kept.keep(id, messages.length - 1);
    }
    const title = exported.title ?? chat.title ?? null;
    return {
      source: `open-webui:${exported.id ?? `${title} ${String(exported.created_at ?? chat.timestamp)}`}`,
      title,
      titleSource: 'user',
      model: chat.models?.[0] ?? null,
      systemPrompt: chat.system || null,
      createdAt: fromSeconds(exported.created_at ?? chat.timestamp),
      lastUsedAt: fromSeconds(exported.updated_at),
      head: kept.nearest(chat.history?.currentId),
      messages,
      leftOut,
    };
  },
};
