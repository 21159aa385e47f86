import { ArrowUp, Paperclip, SlidersHorizontal, Square } from 'lucide-react';
import {
  type ClipboardEvent,
  type Dispatch,
  type DragEvent,
  type FormEvent,
  type SetStateAction,
  useRef,
  useState,
} from 'react';
import { useText } from '../text/text.tsx';
import { Attached } from './attached.tsx';
import type { AttachmentKind } from './attachment.ts';
import type { Attachment } from './draft.ts';
import { accepted, toOriginal } from './read-file.ts';
import { useAttaching } from './use-attaching.ts';

export interface Composed {
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

interface ComposerProps {
  readonly value: Composed;
  readonly onChange: Dispatch<SetStateAction<Composed>>;
  onSend(): void;
  onStop(): void;
  /** The arrow up in an empty field. */
  onEditLast(): void;
  readonly busy: boolean;
  /** What can be attached. */
  readonly takes: readonly AttachmentKind[];
  readonly placeholder: string;
  readonly system: string;
  onSystem(text: string): void;
  /** A field of the request that the gateway found fault with. */
  readonly faultyParam: string | null;
}

export default function Composer(props: ComposerProps) {
  const { value, onChange, onSend, onStop, onEditLast, busy, takes, placeholder, system, onSystem, faultyParam } =
    props;
  const { t } = useText();
  const picker = useRef<HTMLInputElement>(null);
  const [dropping, setDropping] = useState(false);
  const [systemOpen, setSystemOpen] = useState(false);
  const { add, problem, setProblem } = useAttaching({
    attachments: value.attachments,
    takes,
    onAdd: (added) => onChange((known) => ({ ...known, attachments: [...known.attachments, ...added] })),
  });
  const faulty = faultyParam !== null && /^(messages|message|input|images)/.test(faultyParam);
  const hasSystem = system !== '';
  const takesFiles = takes.length > 0;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!busy) onSend();
  }
  function drop(event: DragEvent) {
    event.preventDefault();
    setDropping(false);
    void add([...event.dataTransfer.files]);
  }
  function paste(event: ClipboardEvent) {
    const files = [...event.clipboardData.files];
    if (files.length === 0) return;
    event.preventDefault();
    void add(files);
  }

  return (
    <form
      className="composer"
      onSubmit={submit}
      onDragOver={(event) => {
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={drop}
    >
      <div className={`box${dropping ? ' dropping' : ''}`}>
        {systemOpen ? (
          <label className="field">
            <span className="label">{t('chat.system')}</span>
            <textarea
              className="input"
              rows={3}
              value={system}
              aria-invalid={faultyParam === 'system_prompt'}
              onChange={(event) => onSystem(event.target.value)}
            />
          </label>
        ) : null}
        <Attached
          attachments={value.attachments}
          onRemove={(at) => onChange({ ...value, attachments: value.attachments.filter((_, i) => i !== at) })}
        />
        {value.attachments.map((attachment, at) =>
          attachment.shrunk ? (
            <p key={`${at}-${attachment.name}`} className="row wrap small faint">
              {t('chat.shrunk', { name: attachment.name, from: attachment.shrunk.from, to: attachment.shrunk.to })}
              <button
                type="button"
                className="linkish"
                onClick={() => onChange({ ...value, attachments: value.attachments.with(at, toOriginal(attachment)) })}
              >
                {t('chat.sendOriginal')}
              </button>
            </p>
          ) : null,
        )}
        {problem ? (
          <p className="small bad-text" role="alert">
            {t(problem)}
          </p>
        ) : null}
        <textarea
          rows={2}
          aria-label={t('chat.message')}
          aria-invalid={faulty}
          placeholder={placeholder}
          value={value.text}
          onChange={(event) => onChange({ ...value, text: event.target.value })}
          onPaste={paste}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
            if (event.key === 'Escape' && busy) onStop();
            if (event.key === 'ArrowUp' && value.text === '' && !busy) {
              event.preventDefault();
              onEditLast();
            }
          }}
        />
        <div className="row between">
          <span className="row">
            <input
              ref={picker}
              type="file"
              className="sr"
              tabIndex={-1}
              aria-label={t('chat.attach')}
              accept={accepted(takes)}
              multiple
              onChange={(event) => {
                void add([...(event.target.files ?? [])]);
                event.target.value = '';
              }}
            />
            <button
              type="button"
              className="btn ghost icon"
              aria-label={t('chat.attach')}
              aria-disabled={!takesFiles}
              title={t(takesFiles ? 'chat.attach' : 'chat.notTaken')}
              onClick={() => (takesFiles ? picker.current?.click() : setProblem('chat.notTaken'))}
            >
              <Paperclip className="i" aria-hidden="true" />
            </button>
            <button
              type="button"
              className="btn ghost"
              aria-expanded={systemOpen}
              onClick={() => setSystemOpen(!systemOpen)}
            >
              <SlidersHorizontal className="i" aria-hidden="true" />
              {t('chat.system')}
              {hasSystem ? <span className="dot ok" aria-hidden="true" /> : null}
            </button>
          </span>
          {busy ? (
            <button type="button" className="btn" onClick={onStop}>
              <Square className="i" aria-hidden="true" />
              {t('chat.stop')} <span className="kbd wide-only">Esc</span>
            </button>
          ) : (
            <button type="submit" className="btn main-action">
              {t('chat.send')}
              <ArrowUp className="i" aria-hidden="true" />
            </button>
          )}
        </div>
      </div>
    </form>
  );
}
