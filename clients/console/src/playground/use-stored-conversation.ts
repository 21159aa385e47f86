import type { Conversation } from '@duplex/client';
import { useQuery } from '@tanstack/react-query';
import { type RefObject, useEffect, useRef } from 'react';
import { useGateway } from '../app/session.tsx';
import { loadConversation } from './load-conversation.ts';

/** How often an answer is looked at that another page, or the one before a reload, asked for. */
const FOLLOW_MS = 1_000;

const isUnderWay = ({ messages }: Pick<Conversation, 'messages'>) => messages.at(-1)?.status === 'in_progress';

interface StoredOptions {
  /** That the address names. */
  readonly id: string | undefined;
  /** The conversation whose messages are on the page. */
  readonly shown: RefObject<string | null>;
  onLoad(conversation: Conversation, isNew: boolean): void;
  /** The address names none any more. */
  onLeave(): void;
}

/** Loads the conversation that the address names, unless it is the one on the page, and follows it while it is answered. */
export function useStoredConversation({ id, shown, onLoad, onLeave }: StoredOptions) {
  const gateway = useGateway();
  const follows = useRef(false);
  const { data, error } = useQuery({
    queryKey: ['conversation', id],
    enabled: id !== undefined && (id !== shown.current || follows.current),
    staleTime: 0,
    gcTime: 0,
    refetchInterval: ({ state }) => (state.data && isUnderWay(state.data) ? FOLLOW_MS : false),
    queryFn: () => loadConversation(gateway, id ?? ''),
  });
  useEffect(() => {
    if (!data || data.id !== id) return;
    const isNew = shown.current !== data.id;
    if (!isNew && !follows.current) return;
    shown.current = data.id;
    follows.current = isUnderWay(data);
    onLoad(data, isNew);
  }, [data, id, shown, onLoad]);
  useEffect(() => {
    if (id !== undefined || shown.current === null) return;
    shown.current = null;
    follows.current = false;
    onLeave();
  }, [id, shown, onLeave]);
  return {
    error,
    /** A question from this page: what the gateway stores is what the page shows. */
    own() {
      follows.current = false;
    },
  };
}
