import type { Conversation } from '@duplex/client';
import { useQuery } from '@tanstack/react-query';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useGateway } from '../app/session.tsx';
import type { Answer } from './answer.ts';
import { findLeaf, loadTree } from './find-leaf.ts';
import { type ConversationEnd, loadConversation, loadEarlier, loadEnd } from './load-conversation.ts';
import { toThread } from './stored-thread.ts';
import { type Entry, lastStored } from './thread.ts';
import type { Chat } from './use-chat.ts';

/** How often the page looks for what other pages and devices say in the conversation that it shows. */
const LOOK_MS = 5_000;

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

/** Loads the conversation that the address names, follows what is answered in it, and keeps it as the gateway has it. */
export function useStoredConversation(options: StoredOptions): StoredConversation {
  const { id, shown, chat, onLoad, onLeave } = options;
  const { thread, busy, reset, settle, follow, prepend } = chat;
  /** The chat of the latest render, for code that goes on after a wait. */
  const latest = useRef(chat);
  useLayoutEffect(() => {
    latest.current = chat;
  });
  const gateway = useGateway();
  const [hasEarlier, setHasEarlier] = useState(false);
  const earlierUnderWay = useRef<Promise<void> | null>(null);
  /** Answers as this page saw them come, with their times and costs, by the ids of their messages. */
  const seen = useRef(new Map<string, Answer>());
  /** The ids of all messages that were on the page. */
  const placed = useRef(new Set<string>());

  /** Puts the messages after `kept` on the page. An answer that is under way is watched from its beginning. */
  const place = useCallback(
    (kept: readonly Entry[], { messages, runs }: Conversation) => {
      const next = [...kept, ...toThread(messages, seen.current)];
      const last = messages.at(-1);
      const run = last && runs.find(({ message_id }) => message_id === last.id);
      for (const { id: name } of run ? messages.slice(0, -1) : messages) placed.current.add(name);
      if (!run) return settle(next);
      const createdAt = Date.parse(run.created_at);
      follow(next.slice(0, -1), { id: run.id, model: last.model ?? '', createdAt });
    },
    [settle, follow],
  );

  /** Puts the last messages of a conversation on the page, instead of all that was there. */
  const placeEnd = useCallback(
    ({ conversation, hasEarlier: isPart }: ConversationEnd) => {
      setHasEarlier(isPart);
      place([], conversation);
    },
    [place],
  );

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
  }, [id, shown, onLeave]);

  const last = lastStored(thread);
  useEffect(() => {
    if (id === undefined || busy) return;
    let left = false;
    const look = async () => {
      if (document.visibilityState !== 'visible' || shown.current !== id) return;
      const page = await gateway.conversations.get.query({ conversation_id: id, limit: 1, media: 'omit' });
      if (left || page.head_message_id === last) return;
      const end = await loadEnd(gateway, id);
      if (!left) placeEnd(end);
    };
    const onLook = () => void look().catch(() => undefined);
    const timer = setInterval(onLook, LOOK_MS);
    document.addEventListener('visibilitychange', onLook);
    return () => {
      left = true;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onLook);
    };
  }, [gateway, id, busy, last, shown, placeEnd]);

  async function refresh(before: readonly Entry[], answer: Answer): Promise<void> {
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
    if (made.role !== 'assistant' || placed.current.has(made.id)) {
      const failed: Entry = { kind: 'answer', id: `failed-${made.id}`, versions: [answer], shown: 0 };
      return settle([...kept, ...toThread(loaded.messages, seen.current), failed]);
    }
    seen.current.set(made.id, answer);
    place(kept, loaded);
  }

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

  async function loadBefore(): Promise<void> {
    const [first] = thread;
    const conversation = shown.current;
    if (conversation === null || !first?.place) return setHasEarlier(false);
    const earlier = await loadEarlier(gateway, conversation, first.id);
    // If an answer began meanwhile, or another page said something, these are not the messages before the first one.
    const now = latest.current;
    if (shown.current !== conversation || now.busy || now.thread[0]?.id !== first.id) return;
    setHasEarlier(earlier.hasEarlier);
    prepend(toThread(earlier.conversation.messages, seen.current));
  }

  function showEarlier(): Promise<void> {
    earlierUnderWay.current ??= loadBefore().finally(() => {
      earlierUnderWay.current = null;
    });
    return earlierUnderWay.current;
  }

  // While an answer comes, its end decides what is on the page.
  const onEarlier = hasEarlier && !busy ? showEarlier : null;
  return {
    error,
    onEarlier,
    refresh,
    switchTo: (entry, sibling) => void showBranch(entry, sibling).catch(() => undefined),
  };
}
