import { type KeyboardEvent, memo, useCallback, useEffect, useLayoutEffect, useRef } from 'react';
import { useText } from '../text/text.tsx';
import { AnswerTools } from './answer-tools.tsx';
import { AnswerView } from './answer-view.tsx';
import type { Attachment } from './draft.ts';
import { EarlierMessages } from './earlier-messages.tsx';
import { FirstQuestions } from './first-questions.tsx';
import { QuestionView } from './question-view.tsx';
import { branchOf, type Entry, elementKey, openCalls, shownAnswer } from './thread.ts';
import { ToolResultView } from './tool-result-view.tsx';
import type { Chat } from './use-chat.ts';

interface ChatViewProps {
  readonly chat: Chat;
  readonly typicalSeconds: number | null;
  /** The small model that is part of the gateway answers. */
  readonly isDemo: boolean;
  /** The gateway keeps no conversation of it yet. */
  readonly isNew: boolean;
  /** The question that is being edited. */
  readonly editing: string | null;
  onEditing(id: string | null): void;
  /** Loads messages before those on the page; null: there are none, or an answer is under way. */
  readonly onEarlier: (() => Promise<void>) | null;
  /** Shows the branch that another message begins in the place of this one. */
  onBranch(entry: Entry, sibling: string): void;
  /** Sends an image on with the next question. */
  onAttach(attachment: Attachment): void;
}

/** Closer to its end than this, the reader follows what comes. */
const NEAR_END_PX = 80;

/** The answer, or the branch, that stands at a place among those beside an entry. */
function showBranch({ chat, onBranch }: ChatViewProps, entry: Entry, at: number): void {
  const sibling = entry.place?.siblings[at];
  if (sibling === undefined) chat.show(entry.id, at);
  else if (!chat.busy) onBranch(entry, sibling);
}

interface EntryViewProps {
  readonly entry: Entry;
  readonly typicalSeconds: number | null;
  readonly isEdited: boolean;
  readonly areCallsOpen: boolean;
  onEditing(id: string | null): void;
  onEdit(id: string, text: string): void;
  onAgain(id: string): void;
  onShow(entry: Entry, at: number): void;
  onAttach(attachment: Attachment): void;
}

/** Drawn again only when the entry itself has changed: while one of a thousand messages streams, the others stay. */
const EntryView = memo(function EntryView(props: EntryViewProps) {
  const { entry, typicalSeconds, isEdited, areCallsOpen, onEditing, onEdit, onAgain, onShow, onAttach } = props;
  switch (entry.kind) {
    case 'question':
      return <QuestionView entry={entry} editing={isEdited} onEditing={onEditing} onEdit={onEdit} onBranch={onShow} />;
    case 'results':
      return <ToolResultView results={entry.results} />;
    case 'answer':
      return (
        <AnswerView
          entry={entry}
          typicalSeconds={typicalSeconds}
          areCallsOpen={areCallsOpen}
          onAgain={onAgain}
          onShow={onShow}
          onAttach={onAttach}
        />
      );
  }
});

/** The callbacks of entries. They stay the same functions while an answer streams, so that no other entry is drawn again. */
function useActions(props: ChatViewProps): Pick<EntryViewProps, 'onEdit' | 'onAgain' | 'onShow'> {
  const latest = useRef(props);
  useLayoutEffect(() => {
    latest.current = props;
  });
  return {
    onEdit: useCallback((id, text) => latest.current.chat.edit(id, text), []),
    onAgain: useCallback((id) => latest.current.chat.again(id), []),
    onShow: useCallback((entry, at) => showBranch(latest.current, entry, at), []),
  };
}

export default function ChatView(props: ChatViewProps) {
  const { chat, typicalSeconds, editing, onEditing, onEarlier, onAttach, isDemo, isNew } = props;
  const { t } = useText();
  const actions = useActions(props);
  const scroller = useRef<HTMLDivElement>(null);
  const column = useRef<HTMLDivElement>(null);
  const { thread } = chat;
  /** How high the messages and their window were when they were last looked at: a reader at the end stays there. */
  const height = useRef(0);
  const shown = useRef(0);
  const stayAtEnd = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    const wasAtEnd = height.current - box.scrollTop - shown.current < NEAR_END_PX;
    height.current = box.scrollHeight;
    shown.current = box.clientHeight;
    if (wasAtEnd) box.scrollTop = box.scrollHeight;
  }, []);
  useEffect(() => {
    // A reader who asks wants to see the answer, so the page scrolls to its end.
    if (chat.busy) scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, [chat.busy]);
  useEffect(stayAtEnd);
  useEffect(() => {
    if (!column.current || !scroller.current) return;
    // Pictures, colours and messages that come into view change the height, and the keyboard of a phone the window.
    const observer = new ResizeObserver(stayAtEnd);
    observer.observe(column.current);
    observer.observe(scroller.current);
    return () => observer.disconnect();
  }, [stayAtEnd]);

  /** The message that was first when earlier ones were asked for. It stays in its place when they come before it. */
  const kept = useRef<string | null>(null);
  const [first] = thread;
  const firstKey = first === undefined ? null : elementKey(first);
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box || kept.current === null || kept.current === firstKey) return;
    kept.current = null;
    box.scrollTop += box.scrollHeight - height.current;
    height.current = box.scrollHeight;
    requestAnimationFrame(() => box.classList.remove('prepending'));
  }, [firstKey]);
  const showEarlier = useCallback(async () => {
    kept.current = firstKey;
    // Else the browser's scroll anchoring would correct the position a second time.
    scroller.current?.classList.add('prepending');
    await onEarlier?.();
  }, [firstKey, onEarlier]);

  /** ⌥← and ⌥→ lead to the other branches of the last message that has some. */
  function onBranchKey(event: KeyboardEvent) {
    const step = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (!event.altKey || step === 0) return;
    const entry = thread.findLast((one) => branchOf(one).count > 1);
    if (!entry) return;
    event.preventDefault();
    const { at, count } = branchOf(entry);
    if (at + step >= 0 && at + step < count) showBranch(props, entry, at + step);
  }
  const waiting = openCalls(thread);
  const answer = waiting && shownAnswer(waiting);
  return (
    <div
      className="turns"
      ref={scroller}
      tabIndex={0}
      onKeyDown={onBranchKey}
      role="region"
      aria-label={t('chat.messages')}
    >
      <div className="col" ref={column}>
        {onEarlier ? <EarlierMessages key={firstKey} box={scroller} onShow={showEarlier} /> : null}
        {thread.map((entry) => (
          <EntryView
            key={elementKey(entry)}
            entry={entry}
            typicalSeconds={typicalSeconds}
            isEdited={editing === entry.id && !chat.busy}
            areCallsOpen={waiting === entry}
            onEditing={onEditing}
            onAttach={onAttach}
            {...actions}
          />
        ))}
        {isNew && thread.length === 0 ? <FirstQuestions isDemo={isDemo} onAsk={(text) => chat.send(text, [])} /> : null}
        {waiting && answer ? (
          <AnswerTools key={elementKey(waiting)} calls={answer.calls} onSend={chat.sendResults} />
        ) : null}
      </div>
    </div>
  );
}
