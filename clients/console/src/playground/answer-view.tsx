import { ChevronLeft, ChevronRight, Download, RefreshCw } from 'lucide-react';
import { memo } from 'react';
import { CopyButton } from '../parts/copy-button.tsx';
import { ModelText } from '../parts/model-text.tsx';
import { Problem } from '../parts/problem.tsx';
import { useText } from '../text/text.tsx';
import type { Answer } from './answer.ts';
import { Metrics } from './metrics.tsx';
import { Reasoning } from './reasoning.tsx';
import { type AnswerEntry, shownAnswer } from './thread.ts';
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
  /** Null: this surface cannot answer again. */
  readonly onAgain: ((id: string) => void) | null;
  onShow(id: string, version: number): void;
}

function Versions({ entry, onShow }: Pick<AnswerViewProps, 'entry' | 'onShow'>) {
  const { t } = useText();
  const { id, shown, versions } = entry;
  if (versions.length < 2) return null;
  return (
    <span className="branch">
      <button
        type="button"
        className="btn ghost icon small"
        aria-label={t('chat.previousVersion')}
        aria-disabled={shown === 0}
        onClick={() => shown > 0 && onShow(id, shown - 1)}
      >
        <ChevronLeft className="i" aria-hidden="true" />
      </button>
      {shown + 1} / {versions.length}
      <button
        type="button"
        className="btn ghost icon small"
        aria-label={t('chat.nextVersion')}
        aria-disabled={shown === versions.length - 1}
        onClick={() => shown < versions.length - 1 && onShow(id, shown + 1)}
      >
        <ChevronRight className="i" aria-hidden="true" />
      </button>
    </span>
  );
}

/** Only pictures that come inline are shown: the page loads nothing from elsewhere. */
const isInline = (url: string) => /^data:image\/(?:png|jpeg|gif|webp);base64,/.test(url);

function Made({ pictures }: { pictures: readonly string[] }) {
  const { t } = useText();
  return pictures.filter(isInline).map((url, at) => (
    <figure key={url.slice(-64)} className="stack-2">
      <img className="made" src={url} alt={t('chat.madePicture', { number: at + 1 })} />
      <figcaption>
        <a className="btn ghost small" href={url} download={`picture-${at + 1}`}>
          <Download className="i" aria-hidden="true" />
          {t('common.save')}
        </a>
      </figcaption>
    </figure>
  ));
}

export const AnswerView = memo(function AnswerView({ entry, typicalSeconds, onAgain, onShow }: AnswerViewProps) {
  const { t } = useText();
  const answer = shownAnswer(entry);
  if (!answer) return null;
  const running = answer.status === 'waiting' || answer.status === 'streaming';
  return (
    <article className="turn" aria-label={t('chat.answer')} aria-busy={running}>
      <div className="who">
        <span className={`dot ${dots[answer.status]}`} aria-hidden="true" />
        <strong>{answer.model}</strong>
      </div>
      {answer.reasoning ? <Reasoning answer={answer} /> : null}
      {answer.text ? <ModelText text={answer.text} /> : null}
      {answer.refusal ? (
        <div className="note warn">
          <p dir="auto">{answer.refusal}</p>
        </div>
      ) : null}
      <Made pictures={answer.pictures} />
      {answer.calls.map((call) => (
        <ToolCallCard key={call.id} call={call} />
      ))}
      {answer.status === 'waiting' ? <Waiting since={answer.begunAt} typicalSeconds={typicalSeconds} /> : null}
      {answer.error ? <Problem error={answer.error} /> : null}
      {answer.status === 'stopped' ? <p className="small faint">{t('chat.stopped')}</p> : null}
      <Metrics answer={answer} />
      {running ? null : (
        <span className="tools">
          <Versions entry={entry} onShow={onShow} />
          <CopyButton text={answer.text} label={t('chat.copyAnswer')} iconOnly />
          {onAgain ? (
            <button
              type="button"
              className="btn ghost icon small"
              aria-label={t('chat.again')}
              onClick={() => onAgain(entry.id)}
            >
              <RefreshCw className="i" aria-hidden="true" />
            </button>
          ) : null}
        </span>
      )}
    </article>
  );
});
