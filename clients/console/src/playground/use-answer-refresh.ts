import type { RefObject } from 'react';
import { useGateway } from '../app/session.tsx';
import type { Answer } from './answer.ts';
import { loadConversation } from './load-conversation.ts';
import { type Entry, lastStored } from './thread.ts';
import type { Chat } from './use-chat.ts';
import type { PlacedMessages } from './use-placed-messages.ts';

type Refresh = (before: readonly Entry[], answer: Answer) => Promise<void>;

/** Shows what the gateway has kept of the answer that followed `before`. */
export function useAnswerRefresh(
  { settle }: Pick<Chat, 'settle'>,
  shown: RefObject<string | null>,
  { place, toEntries, wasPlaced, keepSeen }: PlacedMessages,
): Refresh {
  const gateway = useGateway();
  return async (before, answer) => {
    const conversation = shown.current;
    if (conversation === null) return;
    const kept = before.slice(0, before.findLastIndex((entry) => entry.place) + 1);
    let loaded = await loadConversation(gateway, conversation, lastStored(kept));
    // It was stopped before the page knew its name.
    if (answer.status === 'stopped' && loaded.runs.length > 0) {
      await Promise.all(loaded.runs.map(({ id: run_id }) => gateway.c1.runs.cancel.mutate({ run_id })));
      loaded = await loadConversation(gateway, conversation, lastStored(kept));
    }
    const made = loaded.messages.at(-1);
    if (shown.current !== conversation || !made) return;
    // A turn that failed before a word leaves no answer: its error stays on the page.
    if (made.role !== 'assistant' || wasPlaced(made.id)) {
      const failed: Entry = { kind: 'answer', id: `failed-${made.id}`, versions: [answer], shown: 0 };
      return settle([...kept, ...toEntries(loaded.messages), failed]);
    }
    keepSeen(made.id, answer);
    place(kept, loaded);
  };
}
