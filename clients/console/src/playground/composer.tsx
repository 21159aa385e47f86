import { ArrowUp, Paperclip, SlidersHorizontal, Square } from 'lucide-react';
import { type ClipboardEvent, type DragEvent, type FormEvent, useRef, useState } from 'react';
import { useText } from '../text/text.tsx';
import type { Picture } from './draft.ts';
import { isPicture, readPicture } from './read-pictures.ts';
import { Thumbs } from './thumbs.tsx';

export interface Composed {
  readonly text: string;
  readonly pictures: readonly Picture[];
}

interface ComposerProps {
  readonly value: Composed;
  onChange(value: Composed): void;
  onSend(): void;
  onStop(): void;
  /** The arrow up in an empty field. */
  onEditLast(): void;
  readonly busy: boolean;
  readonly takesPictures: boolean;
  readonly placeholder: string;
  readonly system: string;
  onSystem(text: string): void;
  /** A field of the request that the gateway found fault with. */
  readonly faultyParam: string | null;
}

export function Composer(props: ComposerProps) {
  const {
    value,
    onChange,
    onSend,
    onStop,
    onEditLast,
    busy,
    takesPictures,
    placeholder,
    system,
    onSystem,
    faultyParam,
  } = props;
  const { t } = useText();
  const picker = useRef<HTMLInputElement>(null);
  const [dropping, setDropping] = useState(false);
  const [systemOpen, setSystemOpen] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const faulty = faultyParam !== null && /^(messages|message|input|images)/.test(faultyParam);
  const hasSystem = system !== '';

  async function add(files: readonly File[]) {
    setProblem(null);
    const pictures = files.filter(isPicture);
    if (pictures.length < files.length) setProblem(t('chat.onlyPictures'));
    if (pictures.length === 0) return;
    if (!takesPictures) return setProblem(t('chat.noPictures'));
    try {
      const read = await Promise.all(pictures.map(readPicture));
      onChange({ ...value, pictures: [...value.pictures, ...read] });
    } catch {
      setProblem(t('chat.brokenPicture'));
    }
  }
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
        <Thumbs
          pictures={value.pictures}
          onRemove={(at) => onChange({ ...value, pictures: value.pictures.filter((_, i) => i !== at) })}
        />
        {problem ? (
          <p className="small bad-text" role="alert">
            {problem}
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
              accept="image/png,image/jpeg,image/gif,image/webp"
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
              aria-disabled={!takesPictures}
              title={takesPictures ? t('chat.attach') : t('chat.noPictures')}
              onClick={() => (takesPictures ? picker.current?.click() : setProblem(t('chat.noPictures')))}
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
