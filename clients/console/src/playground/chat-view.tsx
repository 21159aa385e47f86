import { useEffect, useRef } from 'react';
import { useText } from '../text/text.tsx';
import { AnswerTools } from './answer-tools.tsx';
import { AnswerView } from './answer-view.tsx';
import { QuestionView } from './question-view.tsx';
import { type Entry, openCalls, shownAnswer } from './thread.ts';
import { ToolResultView } from './tool-result-view.tsx';
import type { Chat } from './use-chat.ts';

interface ChatViewProps {
  readonly chat: Chat;
  readonly typicalSeconds: number | null;
  /** Whether what was asked can be asked again: where the page has the history, and not the gateway. */
  readonly canChange: boolean;
}

/** Closer to its end than this, the reader follows what comes. */
const NEAR_END_PX = 80;

function EntryView({ entry, chat, typicalSeconds, canChange }: ChatViewProps & { entry: Entry }) {
  switch (entry.kind) {
    case 'question':
      return <QuestionView entry={entry} onEdit={canChange ? chat.edit : null} />;
    case 'results':
      return <ToolResultView results={entry.results} />;
    case 'answer':
      return (
        <AnswerView
          entry={entry}
          typicalSeconds={typicalSeconds}
          onAgain={canChange ? chat.again : null}
          onShow={chat.show}
        />
      );
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
          <EntryView key={entry.id} entry={entry} {...props} />
        ))}
        {waiting && answer ? <AnswerTools key={waiting.id} calls={answer.calls} onSend={chat.sendResults} /> : null}
      </div>
    </div>
  );
}
