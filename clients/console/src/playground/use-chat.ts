import { useCallback, useEffect, useRef, useState } from 'react';
import { useGateway } from '../app/session.tsx';
import { type Answer, type AnswerEvent, beginAnswer } from './answer.ts';
import { toBody } from './bodies/to-body.ts';
import type { Attachment, Body, Draft, Message, ToolResult } from './draft.ts';
import { openAnswer, openRun } from './reading/open-answer.ts';
import { runAnswer } from './run-answer.ts';
import { type Entry, renamed, toMessages } from './thread.ts';

let lastId = 0;
const newId = () => `local-${++lastId}`;

const replaceAnswer = (thread: readonly Entry[], id: string, answer: Answer): Entry[] =>
  thread.map((entry) =>
    entry.kind === 'answer' && entry.id === id
      ? { ...entry, versions: entry.versions.map((known, at) => (at === entry.shown ? answer : known)) }
      : entry,
  );

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

interface ChatOptions {
  readonly draft: Draft;
  onConversation(id: string): void;
  /** An answer that the gateway keeps, and that followed `before`, has ended. Until this resolves, the next one waits. */
  onAnswered(before: readonly Entry[], answer: Answer): Promise<void>;
}

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

interface Asked {
  readonly before: readonly Entry[];
  /** Default: all of `before`. */
  readonly messages?: readonly Message[];
  /** Fields of this request only. */
  readonly fields?: Body;
  /** The answers that there were in its place. */
  readonly versions?: readonly Answer[];
}

/** A conversation on the page, and the answer that is under way. */
export function useChat({ draft, onConversation, onAnswered }: ChatOptions): Chat {
  const gateway = useGateway();
  const [thread, setThread] = useState<readonly Entry[]>([]);
  const [busy, setBusy] = useState(false);
  const [opened, setOpened] = useState(0);
  const running = useRef<Running | null>(null);

  /** The gateway goes on with what it keeps; the rest ends with the page. */
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
      if (!isCurrent()) return;
      if (isKept) await onAnswered(before, answer).catch(() => undefined);
      if (!isCurrent()) return;
      running.current = null;
      setBusy(false);
    },
    [gateway, leave, onConversation, onAnswered],
  );

  const ask = (asked: Asked) => {
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
      setBusy(false);
      setOpened((count) => count + 1);
      setThread(next);
    },
    [leave],
  );

  const settle = useCallback((next: readonly Entry[]) => {
    running.current = null;
    setBusy(false);
    setThread((known) => renamed(next, known));
  }, []);

  const prepend = useCallback((earlier: readonly Entry[]) => setThread((known) => [...earlier, ...known]), []);

  const stop = () => {
    const own = running.current;
    if (!own) return;
    if (own.runId === null) return own.abort.abort();
    // Its end comes by its stream, so that what is stored then is what is shown.
    gateway.c1.runs.cancel.mutate({ run_id: own.runId }).catch(() => own.abort.abort());
  };

  return {
    thread,
    busy,
    opened,
    reset,
    prepend,
    settle,
    follow,
    stop,
    send: (text, attachments) => ask({ before: [...thread, { kind: 'question', id: newId(), text, attachments }] }),
    sendResults: (results) => ask({ before: [...thread, { kind: 'results', id: newId(), results }] }),
    again(id) {
      const at = thread.findIndex((entry) => entry.id === id);
      const entry = thread[at];
      const before = thread.slice(0, at);
      if (entry?.kind !== 'answer') return;
      if (draft.surface !== 'turn') return ask({ before, versions: entry.versions });
      if (entry.place) return ask({ before, messages: [], fields: { regenerate: id } });
      const question = before.at(-1);
      ask(question?.place ? { before, messages: [], fields: { parent_message_id: question.id } } : { before });
    },
    edit(id, text) {
      const at = thread.findIndex((entry) => entry.id === id);
      const entry = thread[at];
      if (entry?.kind !== 'question') return;
      const { place, attachments } = entry;
      const before: Entry[] = [...thread.slice(0, at), { kind: 'question', id: newId(), text, attachments }];
      ask(draft.surface === 'turn' && place ? { before, fields: { parent_message_id: place.parentId } } : { before });
    },
    show: (id, version) =>
      setThread((known) =>
        known.map((entry) => (entry.kind === 'answer' && entry.id === id ? { ...entry, shown: version } : entry)),
      ),
  };
}
