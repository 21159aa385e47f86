import type { Conversation } from '@duplex/client';
import { useQuery } from '@tanstack/react-query';
import { type RefObject, useEffect } from 'react';
import { useGateway } from '../app/session.tsx';
import type { Answer } from './answer.ts';
import { findLeaf, loadTree } from './find-leaf.ts';
import { loadConversation, loadEnd } from './load-conversation.ts';
import { type Entry, lastStored } from './thread.ts';
import { useAnswerRefresh } from './use-answer-refresh.ts';
import type { Chat } from './use-chat.ts';
import { useEarlierMessages } from './use-earlier-messages.ts';
import { useLookAgain } from './use-look-again.ts';
import { type PlacedMessages, usePlacedMessages } from './use-placed-messages.ts';

interface StoredOptions {
  /** That the address names. */
  readonly id: string | undefined;
  /** The conversation whose messages are on the page. */
  readonly shown: RefObject<string | null>;
  readonly chat: Chat;
  /** Another conversation is on the page now. */
  onLoad(conversation: Conversation): void;
  /** The address names none any more. */
  onLeave(): void;
}

export interface StoredConversation {
  readonly error: unknown;
  /** Puts messages before those on the page, which are the last ones of a long conversation; null: all are there. */
  readonly onEarlier: (() => Promise<void>) | null;
  /** Shows what the gateway has kept of the answer that followed `before`. */
  refresh(before: readonly Entry[], answer: Answer): Promise<void>;
  /** Shows the branch that a message begins, which stands beside `entry`. */
  switchTo(entry: Entry, sibling: string): void;
}

/** Puts the conversation that the address names on the page, and takes it away when the address names none any more. */
function useNamedConversation({ id, shown, chat, onLoad, onLeave }: StoredOptions, placed: PlacedMessages): unknown {
  const gateway = useGateway();
  const { reset } = chat;
  const { placeEnd, setHasEarlier } = placed;
  const { data, error } = useQuery({
    queryKey: ['conversation', id],
    enabled: id !== undefined && id !== shown.current,
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
    queryFn: () => loadEnd(gateway, id ?? ''),
  });
  useEffect(() => {
    const loaded = data?.conversation;
    if (!loaded || loaded.id !== id || shown.current === loaded.id) return;
    shown.current = loaded.id;
    reset([]);
    onLoad(loaded);
    placeEnd(data);
  }, [data, id, shown, reset, onLoad, placeEnd]);
  useEffect(() => {
    if (id !== undefined || shown.current === null) return;
    shown.current = null;
    setHasEarlier(false);
    onLeave();
  }, [id, shown, setHasEarlier, onLeave]);
  return error;
}

/** Loads the conversation that the address names, follows what is answered in it, and keeps it as the gateway has it. */
export function useStoredConversation(options: StoredOptions): StoredConversation {
  const { id, shown, chat } = options;
  const { thread, busy } = chat;
  const gateway = useGateway();
  const placed = usePlacedMessages(chat);
  const { place, placeEnd } = placed;
  const error = useNamedConversation(options, placed);
  useLookAgain({ id, shown, busy, last: lastStored(thread), onFound: placeEnd });
  const refresh = useAnswerRefresh(chat, shown, placed);
  const onEarlier = useEarlierMessages(chat, shown, placed);

  async function showBranch(entry: Entry, sibling: string): Promise<void> {
    const conversation = shown.current;
    if (conversation === null) return;
    const head = findLeaf(await loadTree(gateway, conversation), sibling);
    await gateway.conversations.update.mutate({ conversation_id: conversation, head_message_id: head });
    const kept = thread.slice(0, thread.indexOf(entry));
    const from = lastStored(kept);
    if (from === null) {
      const end = await loadEnd(gateway, conversation);
      if (shown.current === conversation) placeEnd(end);
      return;
    }
    const loaded = await loadConversation(gateway, conversation, from);
    if (shown.current === conversation) place(kept, loaded);
  }
  const switchTo = (entry: Entry, sibling: string) => void showBranch(entry, sibling).catch(() => undefined);
  return { error, onEarlier, refresh, switchTo };
}
