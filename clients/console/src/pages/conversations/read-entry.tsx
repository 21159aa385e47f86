import { memo } from 'react';
import { showControls } from '../../parts/show-controls.ts';
import { AnswerBody } from '../../playground/answer-view.tsx';
import { Attached } from '../../playground/attached.tsx';
import { type Entry, shownAnswer } from '../../playground/thread.ts';
import { ToolResultView } from '../../playground/tool-result-view.tsx';
import { useText } from '../../text/text.tsx';

/** A message that can be read, and nothing else. */
export const ReadEntry = memo(function ReadEntry({ entry }: { entry: Entry }) {
  const { t } = useText();
  switch (entry.kind) {
    case 'question':
      return (
        <article className="turn user" aria-label={t('others.question')}>
          <Attached attachments={entry.attachments} />
          {entry.text ? (
            <div className="bubble prose" dir="auto">
              {showControls(entry.text)}
            </div>
          ) : null}
        </article>
      );
    case 'results':
      return <ToolResultView results={entry.results} />;
    case 'answer': {
      const answer = shownAnswer(entry);
      return answer ? (
        <article className="turn" aria-label={t('chat.answer')}>
          <AnswerBody answer={answer} areCallsOpen={false} />
        </article>
      ) : null;
    }
  }
});
