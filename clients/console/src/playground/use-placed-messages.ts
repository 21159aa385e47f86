import type { Conversation } from '@duplex/client';
import { useCallback, useRef, useState } from 'react';
import type { Answer } from './answer.ts';
import type { ConversationEnd } from './load-conversation.ts';
import { toThread } from './stored-thread.ts';
import type { Entry } from './thread.ts';
import type { Chat } from './use-chat.ts';

export interface PlacedMessages {
  /** Whether the conversation has messages before those on the page. */
  readonly hasEarlier: boolean;
  setHasEarlier(hasEarlier: boolean): void;
  toEntries(messages: Conversation['messages']): Entry[];
  /** Puts the messages after `kept` on the page. An answer that is under way is watched from its beginning. */
  place(kept: readonly Entry[], loaded: Pick<Conversation, 'messages' | 'runs'>): void;
  /** Puts the last messages of a conversation on the page, instead of all that was there. */
  placeEnd(end: ConversationEnd): void;
  /** Whether a message was on the page at any time. */
  wasPlaced(id: string): boolean;
  /** Keeps an answer as this page saw it come, with its times and costs, by the id of its message. */
  keepSeen(id: string, answer: Answer): void;
}

/** Puts messages that the gateway keeps on the page. */
export function usePlacedMessages({ settle, follow }: Pick<Chat, 'settle' | 'follow'>): PlacedMessages {
  const [hasEarlier, setHasEarlier] = useState(false);
  const seen = useRef(new Map<string, Answer>());
  const placed = useRef(new Set<string>());

  const toEntries = useCallback((messages: Conversation['messages']) => toThread(messages, seen.current), []);
  const place = useCallback(
    (kept: readonly Entry[], { messages, runs }: Pick<Conversation, 'messages' | 'runs'>) => {
      const next = [...kept, ...toEntries(messages)];
      const last = messages.at(-1);
      const run = last && runs.find(({ message_id }) => message_id === last.id);
      for (const { id } of run ? messages.slice(0, -1) : messages) placed.current.add(id);
      if (!run) return settle(next);
      const createdAt = Date.parse(run.created_at);
      follow(next.slice(0, -1), { id: run.id, model: last.model ?? '', createdAt });
    },
    [settle, follow, toEntries],
  );
  const placeEnd = useCallback(
    ({ conversation, hasEarlier: isPart }: ConversationEnd) => {
      setHasEarlier(isPart);
      place([], conversation);
    },
    [place],
  );
  return {
    ...{ hasEarlier, setHasEarlier, toEntries, place, placeEnd },
    wasPlaced: (id) => placed.current.has(id),
    keepSeen: (id, answer) => void seen.current.set(id, answer),
  };
}
