import { type RefObject, useLayoutEffect, useRef } from 'react';
import { useGateway } from '../app/session.tsx';
import { loadEarlier } from './load-conversation.ts';
import type { Chat } from './use-chat.ts';
import type { PlacedMessages } from './use-placed-messages.ts';

/** Puts messages before those on the page; null: all are there, or an answer comes, whose end decides what is on the page. */
export function useEarlierMessages(
  chat: Chat,
  shown: RefObject<string | null>,
  { hasEarlier, setHasEarlier, toEntries }: PlacedMessages,
): (() => Promise<void>) | null {
  const gateway = useGateway();
  /** The chat of the latest render, for code that goes on after a wait. */
  const latest = useRef(chat);
  useLayoutEffect(() => {
    latest.current = chat;
  });
  const underWay = useRef<Promise<void> | null>(null);

  async function loadBefore(): Promise<void> {
    const [first] = chat.thread;
    const conversation = shown.current;
    if (conversation === null || !first?.place) return setHasEarlier(false);
    const earlier = await loadEarlier(gateway, conversation, first.id);
    // If an answer began meanwhile, or another page said something, these are not the messages before the first one.
    const now = latest.current;
    if (shown.current !== conversation || now.busy || now.thread[0]?.id !== first.id) return;
    setHasEarlier(earlier.hasEarlier);
    now.prepend(toEntries(earlier.conversation.messages));
  }

  function showEarlier(): Promise<void> {
    underWay.current ??= loadBefore().finally(() => {
      underWay.current = null;
    });
    return underWay.current;
  }
  return hasEarlier && !chat.busy ? showEarlier : null;
}
