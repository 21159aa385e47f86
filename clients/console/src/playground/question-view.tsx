import { Pencil } from 'lucide-react';
import { memo, useEffect, useRef, useState } from 'react';
import { showControls } from '../parts/show-controls.ts';
import { useText } from '../text/text.tsx';
import { Attached } from './attached.tsx';
import { BranchSwitch } from './branch-switch.tsx';
import { branchOf, type QuestionEntry } from './thread.ts';

interface QuestionViewProps {
  readonly entry: QuestionEntry;
  readonly editing: boolean;
  onEditing(id: string | null): void;
  onEdit(id: string, text: string): void;
  onBranch(entry: QuestionEntry, at: number): void;
}

function QuestionForm({ entry, onEditing, onEdit }: Omit<QuestionViewProps, 'editing' | 'onBranch'>) {
  const { t } = useText();
  const [text, setText] = useState(entry.text);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const { current } = field;
    current?.focus();
    current?.setSelectionRange(current.value.length, current.value.length);
  }, []);
  const send = () => {
    onEditing(null);
    if (text.trim() !== '') onEdit(entry.id, text);
  };
  return (
    <form
      className="turn stack-2"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        className="input"
        rows={4}
        aria-label={t('chat.edit')}
        ref={field}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onEditing(null);
          if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) send();
        }}
      />
      <div className="row">
        <button type="button" className="btn" onClick={() => onEditing(null)}>
          {t('common.cancel')}
        </button>
        <button type="submit" className="btn main-action">
          {t('chat.send')}
        </button>
      </div>
    </form>
  );
}

export const QuestionView = memo(function QuestionView(props: QuestionViewProps) {
  const { entry, editing, onEditing, onBranch } = props;
  const { t } = useText();
  if (editing) return <QuestionForm {...props} />;
  return (
    <article className="turn user" aria-label={t('chat.you')}>
      <Attached attachments={entry.attachments} />
      {entry.text ? (
        <div className="bubble prose" dir="auto">
          {showControls(entry.text)}
        </div>
      ) : null}
      <div className="row tools">
        <BranchSwitch
          names={['chat.previousQuestion', 'chat.nextQuestion']}
          {...branchOf(entry)}
          onMove={(at) => onBranch(entry, at)}
        />
        <button
          type="button"
          className="btn ghost icon small"
          aria-label={t('chat.edit')}
          onClick={() => onEditing(entry.id)}
        >
          <Pencil className="i" aria-hidden="true" />
        </button>
      </div>
    </article>
  );
});
