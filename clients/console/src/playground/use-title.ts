import type { Gateway } from '@duplex/client';
import { useCallback, useRef } from 'react';

/** Of a title that is made of the first question. */
const TITLE_LENGTH = 60;

interface Title {
  /** The question that begins a conversation. */
  begin(question: string): void;
  /** The gateway has named the conversation. */
  name(id: string): void;
  /** Once it is answered: gives it the question for a title. */
  save(): Promise<void>;
}

/** A conversation that begins on this page gets its first question for a title. */
export function useTitle(gateway: Gateway): Title {
  const begun = useRef<{ readonly id: string | null; readonly question: string } | null>(null);
  const begin = useCallback((question: string) => {
    begun.current = { id: null, question };
  }, []);
  const name = useCallback((id: string) => {
    if (begun.current) begun.current = { ...begun.current, id };
  }, []);
  const save = useCallback(async () => {
    const { id = null, question = '' } = begun.current ?? {};
    begun.current = null;
    const title = question.trim().replace(/\s+/g, ' ').slice(0, TITLE_LENGTH);
    if (id === null || title === '') return;
    // Without a title it is still there, and can be renamed.
    await gateway.conversations.update.mutate({ conversation_id: id, title }).catch(() => undefined);
  }, [gateway]);
  return { begin, name, save };
}
