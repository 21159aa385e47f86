import { Pencil } from 'lucide-react';
import { memo, useState } from 'react';
import { showControls } from '../parts/show-controls.ts';
import { useText } from '../text/text.tsx';
import type { Entry } from './thread.ts';
import { Thumbs } from './thumbs.tsx';

interface QuestionViewProps {
  readonly entry: Extract<Entry, { kind: 'question' }>;
  /** Null: this surface cannot change what was asked. */
  readonly onEdit: ((id: string, text: string) => void) | null;
}

export const QuestionView = memo(function QuestionView({ entry, onEdit }: QuestionViewProps) {
  const { t } = useText();
  const [edited, setEdited] = useState<string | null>(null);
  if (edited !== null && onEdit) {
    return (
      <form
        className="turn stack-2"
        onSubmit={(event) => {
          event.preventDefault();
          setEdited(null);
          onEdit(entry.id, edited);
        }}
      >
        <textarea
          className="input"
          rows={4}
          aria-label={t('chat.edit')}
          value={edited}
          onChange={(event) => setEdited(event.target.value)}
        />
        <div className="row">
          <button type="button" className="btn" onClick={() => setEdited(null)}>
            {t('common.cancel')}
          </button>
          <button type="submit" className="btn main-action">
            {t('chat.send')}
          </button>
        </div>
      </form>
    );
  }
  return (
    <article className="turn user" aria-label={t('chat.you')}>
      <Thumbs pictures={entry.pictures} />
      {entry.text ? (
        <div className="bubble prose" dir="auto">
          {showControls(entry.text)}
        </div>
      ) : null}
      {onEdit ? (
        <div className="row">
          <button
            type="button"
            className="btn ghost icon small"
            aria-label={t('chat.edit')}
            onClick={() => setEdited(entry.text)}
          >
            <Pencil className="i" aria-hidden="true" />
          </button>
        </div>
      ) : null}
    </article>
  );
});
