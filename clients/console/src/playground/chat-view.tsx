import { type KeyboardEvent, useCallback, useEffect, useRef } from 'react';
import { useText } from '../text/text.tsx';
import { AnswerTools } from './answer-tools.tsx';
import { AnswerView } from './answer-view.tsx';
import { QuestionView } from './question-view.tsx';
import { branchOf, type Entry, elementKey, openCalls, shownAnswer } from './thread.ts';
import { ToolResultView } from './tool-result-view.tsx';
import type { Chat } from './use-chat.ts';

interface ChatViewProps {
  readonly chat: Chat;
  readonly typicalSeconds: number | null;
  /** The question that is being edited. */
  readonly editing: string | null;
  onEditing(id: string | null): void;
  /** Shows the branch that another message begins in the place of this one. */
  onBranch(entry: Entry, sibling: string): void;
}

/** Closer to its end than this, the reader follows what comes. */
const NEAR_END_PX = 80;

/** The answer, or the branch, that stands at a place among those beside an entry. */
function showBranch({ chat, onBranch }: ChatViewProps, entry: Entry, at: number): void {
  const sibling = entry.place?.siblings[at];
  if (sibling === undefined) chat.show(entry.id, at);
  else if (!chat.busy) onBranch(entry, sibling);
}

function EntryView(props: ChatViewProps & { entry: Entry }) {
  const { entry, chat, typicalSeconds, editing, onEditing } = props;
  const show = (_: Entry, at: number) => showBranch(props, entry, at);
  switch (entry.kind) {
    case 'question':
      return (
        <QuestionView
          entry={entry}
          editing={editing === entry.id && !chat.busy}
          onEditing={onEditing}
          onEdit={chat.edit}
          onBranch={show}
        />
      );
    case 'results':
      return <ToolResultView results={entry.results} />;
    case 'answer':
      return (
        <AnswerView
          entry={entry}
          typicalSeconds={typicalSeconds}
          areCallsOpen={openCalls(chat.thread) === entry}
          onAgain={chat.again}
          onShow={show}
        />
      );
  }
}

export default function ChatView(props: ChatViewProps) {
  const { chat } = props;
  const { t } = useText();
  const scroller = useRef<HTMLDivElement>(null);
  const { thread } = chat;
  /** How high the messages were when they were last looked at: whoever was at their end then is taken to their end. */
  const height = useRef(0);
  const stayAtEnd = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    const wasAtEnd = height.current - box.scrollTop - box.clientHeight < NEAR_END_PX;
    height.current = box.scrollHeight;
    if (wasAtEnd) box.scrollTop = box.scrollHeight;
  }, []);
  useEffect(stayAtEnd);
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
      <div className="col">
        {thread.map((entry) => (
          <EntryView key={elementKey(entry)} entry={entry} {...props} />
        ))}
        {waiting && answer ? (
          <AnswerTools key={elementKey(waiting)} calls={answer.calls} onSend={chat.sendResults} />
        ) : null}
      </div>
    </div>
  );
}
