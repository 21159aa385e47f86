import { useEffect, useRef } from 'react';
import { useText } from '../text/text.tsx';
import { AnswerTools } from './answer-tools.tsx';
import { AnswerView } from './answer-view.tsx';
import { QuestionView } from './question-view.tsx';
import { type Entry, elementKey, openCalls, shownAnswer } from './thread.ts';
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

function EntryView(props: ChatViewProps & { entry: Entry }) {
  const { entry, chat, typicalSeconds, editing, onEditing, onBranch } = props;
  const show = ({ id, place }: Entry, at: number) => {
    const sibling = place?.siblings[at];
    if (sibling === undefined) chat.show(id, at);
    else if (!chat.busy) onBranch(entry, sibling);
  };
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
      return <AnswerView entry={entry} typicalSeconds={typicalSeconds} onAgain={chat.again} onShow={show} />;
  }
}

export function ChatView(props: ChatViewProps) {
  const { chat } = props;
  const { t } = useText();
  const scroller = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const { thread } = chat;
  useEffect(() => {
    const box = scroller.current;
    if (box && follows.current) box.scrollTop = box.scrollHeight;
  });
  const waiting = openCalls(thread);
  const answer = waiting && shownAnswer(waiting);
  return (
    <div
      className="turns"
      ref={scroller}
      tabIndex={0}
      role="region"
      aria-label={t('chat.messages')}
      onScroll={({ currentTarget: box }) => {
        follows.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX;
      }}
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
