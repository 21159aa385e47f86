import { type Dispatch, type SetStateAction, useCallback, useEffect, useRef, useState } from 'react';
import { useGateway } from '../app/session.tsx';
import type { Answer, AnswerEvent } from './answer.ts';
import { type Asked, newId } from './asked.ts';
import { runAnswer } from './run-answer.ts';
import type { Entry } from './thread.ts';

interface Running {
  readonly abort: AbortController;
  /** Whether the gateway keeps the answer. Then it goes on when the page leaves it. */
  readonly isKept: boolean;
  /** By which the gateway knows it. */
  runId: string | null;
}

/** How an answer begins, and where its events come from. */
interface Source {
  readonly begun: Answer;
  readonly isKept: boolean;
  readonly runId: string | null;
  open(signal: AbortSignal): AsyncIterable<AnswerEvent>;
}

export interface RunningAnswerOptions {
  onConversation(id: string): void;
  /** An answer that the gateway keeps, and that followed `before`, has ended. Until this resolves, the next one waits. */
  onAnswered(before: readonly Entry[], answer: Answer): Promise<void>;
}

interface RunningAnswer {
  readonly thread: readonly Entry[];
  readonly setThread: Dispatch<SetStateAction<readonly Entry[]>>;
  readonly busy: boolean;
  /** Shows an answer as it comes, at the end of what it follows. */
  run(asked: Asked, source: Source): Promise<void>;
  /** Leaves the answer: the gateway goes on with what it keeps, the rest ends. */
  leave(): void;
  /** The answer is not watched any more, and goes on. */
  forget(): void;
  stop(): void;
}

const replaceAnswer = (thread: readonly Entry[], id: string, answer: Answer): Entry[] =>
  thread.map((entry) =>
    entry.kind === 'answer' && entry.id === id
      ? { ...entry, versions: entry.versions.map((known, at) => (at === entry.shown ? answer : known)) }
      : entry,
  );

/** The messages on the page, and the answer that is under way at their end. */
export function useRunningAnswer({ onConversation, onAnswered }: RunningAnswerOptions): RunningAnswer {
  const gateway = useGateway();
  const [thread, setThread] = useState<readonly Entry[]>([]);
  const [busy, setBusy] = useState(false);
  const running = useRef<Running | null>(null);

  const forget = useCallback(() => {
    running.current = null;
    setBusy(false);
  }, []);
  const leave = useCallback(() => {
    if (running.current?.isKept === false) running.current.abort.abort();
    running.current = null;
  }, []);
  useEffect(() => leave, [leave]);

  const run = useCallback(
    async ({ before, versions = [] }: Asked, { begun, isKept, runId, open }: Source) => {
      leave();
      const own: Running = { abort: new AbortController(), isKept, runId };
      running.current = own;
      const isCurrent = () => running.current === own;
      setBusy(true);
      const id = newId();
      setThread([...before, { kind: 'answer', id, versions: [...versions, begun], shown: versions.length }]);
      const answer = await runAnswer({
        gateway,
        events: open(own.abort.signal),
        answer: begun,
        onConversation: (conversation) => isCurrent() && onConversation(conversation),
        onRun(name) {
          own.runId = name;
        },
        onChange: (next) => isCurrent() && setThread((known) => replaceAnswer(known, id, next)),
      });
      if (isCurrent() && isKept) await onAnswered(before, answer).catch(() => undefined);
      if (isCurrent()) forget();
    },
    [gateway, leave, forget, onConversation, onAnswered],
  );

  const stop = () => {
    const own = running.current;
    if (!own) return;
    if (own.runId === null) return own.abort.abort();
    // Its end comes by its stream, so that what is stored then is what is shown.
    gateway.c1.runs.cancel.mutate({ run_id: own.runId }).catch(() => own.abort.abort());
  };
  return { thread, setThread, busy, run, leave, forget, stop };
}
