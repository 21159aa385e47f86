import { ArrowUp, Square } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { usePageKey } from '../../app/use-page-key.ts';
import { AttachButton } from '../../playground/attach-button.tsx';
import { Attached } from '../../playground/attached.tsx';
import type { AttachmentKind } from '../../playground/attachment.ts';
import type { Attachment } from '../../playground/draft.ts';
import { pasteFiles } from '../../playground/paste-files.ts';
import { ShrunkImages } from '../../playground/shrunk-images.tsx';
import { useAttaching } from '../../playground/use-attaching.ts';
import { useDropping } from '../../playground/use-dropping.ts';
import { useText } from '../../text/text.tsx';

interface QuestionFormProps {
  readonly busy: boolean;
  /** What every model of the comparison takes. */
  readonly takes: readonly AttachmentKind[];
  onAsk(question: string, attachments: readonly Attachment[]): void;
  onStop(): void;
}

/** The question to all models, with the files that all of them take. */
export function QuestionForm({ busy, takes, onAsk, onStop }: QuestionFormProps) {
  const { t } = useText();
  const [text, setText] = useState('');
  const [attachments, setAttachments] = useState<readonly Attachment[]>([]);
  const onAdd = (added: readonly Attachment[]) => setAttachments((known) => [...known, ...added]);
  const { add, problem, setProblem } = useAttaching({ attachments, takes, onAdd });
  const onFiles = (files: readonly File[]) => void add(files);
  const isDropping = useDropping(onFiles);
  usePageKey(({ key }) => {
    if (key === 'Escape' && busy) onStop();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (busy || (text.trim() === '' && attachments.length === 0)) return;
    onAsk(text, attachments);
    setText('');
    setAttachments([]);
    setProblem(null);
  };
  return (
    <form className="composer" onSubmit={submit}>
      <div className={`box${isDropping ? ' dropping' : ''}`}>
        <Attached attachments={attachments} onRemove={(at) => setAttachments(attachments.filter((_, i) => i !== at))} />
        <ShrunkImages attachments={attachments} onChange={setAttachments} />
        {problem ? (
          <p className="small bad-text" role="alert">
            {t(problem === 'chat.notTaken' ? 'compare.notTaken' : problem)}
          </p>
        ) : null}
        <textarea
          rows={2}
          aria-label={t('chat.message')}
          placeholder={t('compare.placeholder')}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onPaste={(event) => pasteFiles(event, onFiles)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
          }}
        />
        <div className="row between">
          <span className="row">
            <AttachButton
              takes={takes}
              whyNot={t('compare.notTaken')}
              onFiles={onFiles}
              onRefused={() => setProblem('chat.notTaken')}
            />
            <span className="small faint">{t('compare.stateless')}</span>
          </span>
          {busy ? (
            <button type="button" className="btn" onClick={onStop}>
              <Square className="i" aria-hidden="true" />
              {t('chat.stop')}
            </button>
          ) : (
            <button type="submit" className="btn main-action">
              {t('compare.send')}
              <ArrowUp className="i" aria-hidden="true" />
            </button>
          )}
        </div>
      </div>
    </form>
  );
}
