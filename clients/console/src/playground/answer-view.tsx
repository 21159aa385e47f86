import { RefreshCw } from 'lucide-react';
import { memo } from 'react';
import { CopyButton } from '../parts/copy-button.tsx';
import { Markdown } from '../parts/markdown.tsx';
import { Problem } from '../parts/problem.tsx';
import { useText } from '../text/text.tsx';
import type { Answer } from './answer.ts';
import { BranchSwitch } from './branch-switch.tsx';
import type { Attachment } from './draft.ts';
import { MadeImages } from './made-images.tsx';
import { Metrics } from './metrics.tsx';
import { Reasoning } from './reasoning.tsx';
import { type AnswerEntry, branchOf, shownAnswer } from './thread.ts';
import { ToolCallCard } from './tool-call-card.tsx';
import { Waiting } from './waiting.tsx';

const dots: Record<Answer['status'], string> = {
  waiting: 'live',
  streaming: 'live',
  done: 'ok',
  stopped: 'idle',
  failed: 'bad',
};

interface AnswerViewProps {
  readonly entry: AnswerEntry;
  readonly typicalSeconds: number | null;
  /** Its tool calls wait for results, so they are shown below it with the fields for the results. */
  readonly areCallsOpen: boolean;
  onAgain(id: string): void;
  /** Another answer in its place, or another branch. */
  onShow(entry: AnswerEntry, at: number): void;
  /** Sends an image that the model made on with the next question. */
  onAttach(attachment: Attachment): void;
}

interface AnswerBodyProps extends Pick<AnswerViewProps, 'areCallsOpen'> {
  readonly answer: Answer;
  readonly typicalSeconds?: number | null;
  onAttach?(attachment: Attachment): void;
}

/** What the model said, and what it took. */
export function AnswerBody({ answer, areCallsOpen, typicalSeconds = null, ...use }: AnswerBodyProps) {
  const { t } = useText();
  return (
    <>
      <div className="who">
        <span className={`dot ${dots[answer.status]}`} aria-hidden="true" />
        <strong>{answer.model || t('chat.answer')}</strong>
      </div>
      {answer.reasoning ? <Reasoning answer={answer} /> : null}
      {answer.text ? <Markdown text={answer.text} /> : null}
      {answer.refusal ? (
        <div className="note warn">
          <p dir="auto">{answer.refusal}</p>
        </div>
      ) : null}
      <MadeImages pictures={answer.pictures} {...use} />
      {areCallsOpen ? null : answer.calls.map((call) => <ToolCallCard key={call.id} call={call} />)}
      {answer.status === 'waiting' ? <Waiting since={answer.begunAt} typicalSeconds={typicalSeconds} /> : null}
      {answer.error ? <Problem error={answer.error} /> : null}
      {answer.status === 'stopped' ? <p className="small faint">{t('chat.stopped')}</p> : null}
      <Metrics answer={answer} />
    </>
  );
}

export const AnswerView = memo(function AnswerView(props: AnswerViewProps) {
  const { entry, typicalSeconds, areCallsOpen, onAgain, onShow, onAttach } = props;
  const { t } = useText();
  const answer = shownAnswer(entry);
  if (!answer) return null;
  const running = answer.status === 'waiting' || answer.status === 'streaming';
  return (
    <article className="turn" aria-label={t('chat.answer')} aria-busy={running}>
      <AnswerBody {...{ answer, areCallsOpen, typicalSeconds, onAttach }} />
      {running ? null : (
        <span className="tools">
          <BranchSwitch
            names={['chat.previousVersion', 'chat.nextVersion']}
            {...branchOf(entry)}
            onMove={(at) => onShow(entry, at)}
          />
          <CopyButton text={answer.text} label={t('chat.copyAnswer')} iconOnly />
          <button
            type="button"
            className="btn ghost icon small"
            aria-label={t('chat.again')}
            onClick={() => onAgain(entry.id)}
          >
            <RefreshCw className="i" aria-hidden="true" />
          </button>
        </span>
      )}
    </article>
  );
});
