import { ChatGptConversation, ChatGptMessage } from '../../../../contracts/conversations/import-files.ts';
import { isRecord } from '../../../canonical/json.ts';
import {
  type FoundConversation,
  type FoundMessage,
  fromSeconds,
  type ImportForm,
  readAs,
} from './found-conversation.ts';
import { KeptNodes, walkTree } from './walk-tree.ts';

interface Said {
  readonly text: string;
  readonly leftOut: number;
}

const NOTHING: Said = { text: '', leftOut: 0 };

/** The words of a message. Pictures and files are named in it, and are not in the file. */
function wordsOf({ content }: ChatGptMessage): Said {
  const { content_type: type, parts, text } = content;
  if (type === 'text' || type === 'multimodal_text') {
    const list: readonly unknown[] = Array.isArray(parts) ? parts : [];
    const words = list.flatMap((part) => {
      if (typeof part === 'string') return [part];
      return isRecord(part) && typeof part.text === 'string' ? [part.text] : [];
    });
    return { text: words.join('\n').trim(), leftOut: list.length - words.length };
  }
  if (type === 'code' && typeof text === 'string' && text !== '')
    return { text: `\`\`\`\n${text}\n\`\`\``, leftOut: 0 };
  return NOTHING;
}

/** The reasoning of a model before its answer. */
function thoughtsOf({ content }: ChatGptMessage): string | null {
  if (content.content_type !== 'thoughts' || !Array.isArray(content.thoughts)) return null;
  const thoughts = content.thoughts.flatMap((thought: unknown) =>
    isRecord(thought) && typeof thought.content === 'string' ? [thought.content] : [],
  );
  return thoughts.length > 0 ? thoughts.join('\n\n') : null;
}

/**
 * The thoughts on the way to a node. Each thought is given to one answer only: a node can have thousands of answers, and
 * repeating megabytes for each of them would make gigabytes out of a small file.
 */
class Thoughts {
  readonly #last = new Map<string, Thought>();

  /** Notes the thought that a node adds to those before it; null: it adds none. */
  pass(id: string, parentId: string | null, text: string | null): void {
    const before = this.#last.get(parentId ?? '');
    const own = text === null ? before : { text, before, isTaken: false };
    if (own) this.#last.set(id, own);
  }

  /** Returns the thoughts before a node that no answer has yet. Null: there are none. */
  take(parentId: string | null): string | null {
    const texts: string[] = [];
    for (let at = this.#last.get(parentId ?? ''); at && !at.isTaken; at = at.before) {
      at.isTaken = true;
      texts.push(at.text);
    }
    return texts.length > 0 ? texts.reverse().join('\n\n') : null;
  }

  /** Forgets the thoughts before an answer, for the nodes after it. */
  end(id: string): void {
    this.#last.delete(id);
  }
}

interface Thought {
  readonly text: string;
  readonly before: Thought | undefined;
  isTaken: boolean;
}

/** Calls of ChatGPT's own tools, and what they gave. */
const isOfTool = ({ author, recipient }: ChatGptMessage): boolean =>
  author.role === 'tool' || (recipient != null && recipient !== 'all');

interface Node {
  readonly id: string;
  readonly parentId: string | null;
  readonly message: ChatGptMessage | null;
  readonly createdAt: Date | null;
}

function nodesOf(mapping: unknown): Node[] {
  if (!isRecord(mapping)) return [];
  return Object.entries(mapping).flatMap(([id, node]) => {
    if (!isRecord(node)) return [];
    const { data = null } = ChatGptMessage.safeParse(node.message);
    const parentId = typeof node.parent === 'string' ? node.parent : null;
    return [{ id, parentId, message: data, createdAt: fromSeconds(data?.create_time) }];
  });
}

/** Conversations of ChatGPT, branches included. */
export const chatGptForm: ImportForm = {
  recognizes: ({ mapping }) => isRecord(mapping),
  read({ value }): FoundConversation {
    const conversation = readAs(ChatGptConversation, value);
    const nodes = walkTree(nodesOf(conversation.mapping));
    const kept = new KeptNodes(nodes);
    const thoughts = new Thoughts();
    const messages: FoundMessage[] = [];
    let leftOut = 0;
    for (const { id, parentId, message, createdAt } of nodes) {
      thoughts.pass(id, parentId, message && thoughtsOf(message));
      const role = message?.author.role;
      if (!message || (role !== 'user' && role !== 'assistant' && role !== 'tool')) continue;
      if (isOfTool(message)) {
        leftOut += 1;
        continue;
      }
      const said = wordsOf(message);
      leftOut += said.leftOut;
      if (said.text === '' || role === 'tool') continue;
      messages.push({
        id: null,
        parent: kept.nearest(parentId),
        role,
        message: { role, content: said.text },
        reasoning: role === 'assistant' ? thoughts.take(parentId) : null,
        model: role === 'assistant' ? (message.metadata?.model_slug ?? null) : null,
        createdAt,
      });
      kept.keep(id, messages.length - 1);
      thoughts.end(id);
    }
    const id = conversation.id ?? conversation.conversation_id;
    return {
      source: `chatgpt:${id ?? `${conversation.title} ${String(conversation.create_time)}`}`,
      title: conversation.title ?? null,
      titleSource: 'user',
      model: conversation.default_model_slug ?? null,
      createdAt: fromSeconds(conversation.create_time),
      lastUsedAt: fromSeconds(conversation.update_time),
      head: kept.nearest(conversation.current_node),
      messages,
      leftOut,
    };
  },
};
