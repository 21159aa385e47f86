import { useCallback, useEffect, useRef, useState } from 'react';
import { useGateway } from '../app/session.tsx';
import type { Answer } from './answer.ts';
import { toBody } from './bodies/to-body.ts';
import type { Draft, Picture, ToolResult } from './draft.ts';
import { runAnswer } from './run-answer.ts';
import { type Entry, toMessages } from './thread.ts';

let lastId = 0;
const newId = () => `local-${++lastId}`;

const replaceAnswer = (thread: readonly Entry[], id: string, answer: Answer): Entry[] =>
  thread.map((entry) =>
    entry.kind === 'answer' && entry.id === id
      ? { ...entry, versions: entry.versions.map((known, at) => (at === entry.shown ? answer : known)) }
      : entry,
  );

export interface Chat {
  readonly thread: readonly Entry[];
  readonly busy: boolean;
  send(text: string, pictures: readonly Picture[]): void;
  sendResults(results: readonly ToolResult[]): void;
  /** Asks for another answer in the place of one; what followed it goes. */
  again(id: string): void;
  /** Puts another question in the place of one; what followed it goes. */
  edit(id: string, text: string): void;
  show(id: string, version: number): void;
  stop(): void;
  reset(thread: readonly Entry[]): void;
}

interface ChatOptions {
  readonly draft: Draft;
  onConversation(id: string): void;
  onAnswered(): Promise<void>;
}

/** A conversation on the page, and the answer that is under way. */
export function useChat({ draft, onConversation, onAnswered }: ChatOptions): Chat {
  const gateway = useGateway();
  const [thread, setThread] = useState<readonly Entry[]>([]);
  const [busy, setBusy] = useState(false);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const ask = useCallback(
    async (before: readonly Entry[], versions: readonly Answer[] = []) => {
      const abort = new AbortController();
      running.current?.abort();
      running.current = abort;
      setBusy(true);
      const id = newId();
      const body = toBody(draft, toMessages(before));
      let begun = false;
      await runAnswer({
        gateway,
        surface: draft.surface,
        body,
        signal: abort.signal,
        onConversation,
        onChange(answer) {
          if (running.current !== abort) return;
          if (begun) return setThread((known) => replaceAnswer(known, id, answer));
          begun = true;
          setThread([...before, { kind: 'answer', id, versions: [...versions, answer], shown: versions.length }]);
        },
      });
      if (running.current !== abort) return;
      running.current = null;
      setBusy(false);
      await onAnswered();
    },
    [gateway, draft, onConversation, onAnswered],
  );

  const reset = useCallback((next: readonly Entry[]) => {
    running.current?.abort();
    running.current = null;
    setBusy(false);
    setThread(next);
  }, []);

  return {
    thread,
    busy,
    reset,
    send: (text, pictures) => void ask([...thread, { kind: 'question', id: newId(), text, pictures }]),
    sendResults: (results) => void ask([...thread, { kind: 'results', id: newId(), results }]),
    again(id) {
      const at = thread.findIndex((entry) => entry.id === id);
      const entry = thread[at];
      if (entry?.kind === 'answer') void ask(thread.slice(0, at), entry.versions);
    },
    edit(id, text) {
      const at = thread.findIndex((entry) => entry.id === id);
      const entry = thread[at];
      if (entry?.kind === 'question') void ask([...thread.slice(0, at), { ...entry, id: newId(), text }]);
    },
    show: (id, version) =>
      setThread((known) =>
        known.map((entry) => (entry.kind === 'answer' && entry.id === id ? { ...entry, shown: version } : entry)),
      ),
    stop: () => running.current?.abort(),
  };
}
