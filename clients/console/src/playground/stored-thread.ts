import type { Conversation } from '@duplex/client';
import { type Answer, beginAnswer } from './answer.ts';
import { readAttachment } from './bodies/attachment-parts.ts';
import type { Attachment } from './draft.ts';
import type { Entry } from './thread.ts';

type Stored = Conversation['messages'][number];

const statuses: Readonly<Record<Stored['status'], Answer['status']>> = {
  completed: 'done',
  in_progress: 'streaming',
  incomplete: 'failed',
  cancelled: 'stopped',
  failed: 'failed',
};

function readContent(content: Stored['content']): { text: string; attachments: Attachment[] } {
  if (content === null) return { text: '', attachments: [] };
  if (typeof content === 'string') return { text: content, attachments: [] };
  const text = content.flatMap((part) => ('text' in part && typeof part.text === 'string' ? part.text : []));
  return { text: text.join('\n'), attachments: content.flatMap((part) => readAttachment(part) ?? []) };
}

function toAnswer(message: Stored): Answer {
  const { text, attachments } = readContent(message.content);
  const { usage } = message;
  return {
    ...beginAnswer(message.model ?? '', 0),
    status: statuses[message.status],
    text,
    reasoning: message.reasoning_content ?? '',
    calls: (message.tool_calls ?? []).map(({ id, function: called }) => ({
      id,
      name: called?.name ?? '',
      arguments: called?.arguments ?? '',
    })),
    pictures: attachments.map(({ url }) => url),
    tokens: usage && {
      prompt: usage.prompt_tokens,
      completion: usage.completion_tokens,
      reasoning: usage.completion_tokens_details?.reasoning_tokens ?? 0,
    },
    finish: message.finish_reason,
  };
}

/** What `/c1` has kept, as the playground shows it. `seen` has answers that this page measured as they came. */
export function toThread(messages: readonly Stored[], seen: ReadonlyMap<string, Answer> = new Map()): Entry[] {
  return messages.flatMap((message): Entry[] => {
    const { id, parent_id: parentId, siblings } = message;
    const stored = { id, place: { parentId, siblings: siblings?.ids ?? [id] } };
    switch (message.role) {
      case 'user':
        return [{ kind: 'question', ...stored, ...readContent(message.content) }];
      case 'assistant':
        return [{ kind: 'answer', ...stored, versions: [seen.get(id) ?? toAnswer(message)], shown: 0 }];
      case 'tool': {
        const { text } = readContent(message.content);
        const result = { id: message.tool_call_id ?? '', content: text, failed: message.is_error === true };
        return [{ kind: 'results', ...stored, results: [result] }];
      }
      default:
        return [];
    }
  });
}
