import { useCallback, useState } from 'react';
import { useGateway } from '../app/session.tsx';
import { beginAnswer } from './answer.ts';
import { type Asked, askAgain, askInstead, nextQuestion, nextResults } from './asked.ts';
import { toBody } from './bodies/to-body.ts';
import type { Attachment, Draft, ToolResult } from './draft.ts';
import { openAnswer, openRun } from './reading/open-answer.ts';
import { type Entry, renamed, toMessages } from './thread.ts';
import { type RunningAnswerOptions, useRunningAnswer } from './use-running-answer.ts';

/** A run in progress, as its conversation names it. */
interface RunUnderWay {
  readonly id: string;
  readonly model: string;
  readonly createdAt: number;
}

export interface Chat {
  readonly thread: readonly Entry[];
  readonly busy: boolean;
  /** Counts the threads that were opened instead of another one. */
  readonly opened: number;
  send(text: string, attachments: readonly Attachment[]): void;
  sendResults(results: readonly ToolResult[]): void;
  /** Asks for another answer: a branch beside the first where the gateway has the conversation, else in its place. */
  again(id: string): void;
  /** Asks another question instead of one: a branch beside it, or in its place. */
  edit(id: string, text: string): void;
  show(id: string, version: number): void;
  /** Shows an answer that goes on already, from its beginning. */
  follow(before: readonly Entry[], run: RunUnderWay): void;
  stop(): void;
  reset(thread: readonly Entry[]): void;
  /** Puts messages before those on the page. */
  prepend(earlier: readonly Entry[]): void;
  /** The same conversation, as the gateway has it. */
  settle(thread: readonly Entry[]): void;
}

interface ChatOptions extends RunningAnswerOptions {
  readonly draft: Draft;
}

/** A conversation on the page, and the answer that is under way. */
export function useChat({ draft, ...options }: ChatOptions): Chat {
  const gateway = useGateway();
  const { thread, setThread, busy, run, leave, forget, stop } = useRunningAnswer(options);
  const [opened, setOpened] = useState(0);

  const ask = (asked: Asked | null) => {
    if (!asked) return;
    const { before, messages = toMessages(before), fields = {} } = asked;
    const { surface, model } = draft;
    const body = { ...toBody(draft, messages), ...fields };
    const begun = beginAnswer(model, performance.now());
    const open = (signal: AbortSignal) => openAnswer(gateway, { surface, body, signal });
    void run(asked, { begun, isKept: surface === 'turn', runId: null, open });
  };

  const follow = useCallback(
    (before: readonly Entry[], { id, model, createdAt }: RunUnderWay) => {
      const begun = beginAnswer(model, performance.now() - Math.max(0, Date.now() - createdAt));
      void run({ before }, { begun, isKept: true, runId: id, open: (signal) => openRun(gateway, id, signal) });
    },
    [gateway, run],
  );
  const reset = useCallback(
    (next: readonly Entry[]) => {
      leave();
      forget();
      setOpened((count) => count + 1);
      setThread(next);
    },
    [leave, forget, setThread],
  );
  const settle = useCallback(
    (next: readonly Entry[]) => {
      forget();
      setThread((known) => renamed(next, known));
    },
    [forget, setThread],
  );
  const prepend = useCallback((earlier: readonly Entry[]) => setThread((known) => [...earlier, ...known]), [setThread]);
  const show = (id: string, version: number) =>
    setThread((known) =>
      known.map((entry) => (entry.kind === 'answer' && entry.id === id ? { ...entry, shown: version } : entry)),
    );
  return {
    ...{ thread, busy, opened, reset, prepend, settle, follow, stop, show },
    send: (text, attachments) => ask({ before: nextQuestion(thread, text, attachments) }),
    sendResults: (results) => ask({ before: nextResults(thread, results) }),
    again: (id) => ask(askAgain(thread, id, draft)),
    edit: (id, text) => ask(askInstead(thread, id, text, draft)),
  };
}
