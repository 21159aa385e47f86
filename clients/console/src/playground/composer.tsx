import { ArrowUp, SlidersHorizontal, Square } from 'lucide-react';
import { type Dispatch, type KeyboardEvent, type Ref, type SetStateAction, useState } from 'react';
import { usePageKey } from '../app/use-page-key.ts';
import { useText } from '../text/text.tsx';
import { AttachButton } from './attach-button.tsx';
import { Attached } from './attached.tsx';
import type { AttachmentKind } from './attachment.ts';
import type { Attachment } from './draft.ts';
import { pasteFiles } from './paste-files.ts';
import { ShrunkImages } from './shrunk-images.tsx';
import { useAttaching } from './use-attaching.ts';
import { useDropping } from './use-dropping.ts';

export interface Composed {
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

interface ComposerProps {
  readonly fieldRef: Ref<HTMLTextAreaElement>;
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

interface SystemFieldProps extends Pick<ComposerProps, 'system' | 'onSystem'> {
  readonly isFaulty: boolean;
}

function SystemField({ system, onSystem, isFaulty }: SystemFieldProps) {
  const { t } = useText();
  return (
    <label className="field">
      <span className="label">{t('chat.system')}</span>
      <textarea
        className="input"
        rows={3}
        value={system}
        aria-invalid={isFaulty}
        onChange={(event) => onSystem(event.target.value)}
      />
    </label>
  );
}

function SendButton({ busy, onStop }: Pick<ComposerProps, 'busy' | 'onStop'>) {
  const { t } = useText();
  if (!busy) {
    return (
      <button type="submit" className="btn main-action">
        {t('chat.send')}
        <ArrowUp className="i" aria-hidden="true" />
      </button>
    );
  }
  return (
    <button type="button" className="btn" onClick={onStop}>
      <Square className="i" aria-hidden="true" />
      {t('chat.stop')} <span className="kbd wide-only">Esc</span>
    </button>
  );
}

interface MessageFieldProps extends Pick<ComposerProps, 'fieldRef' | 'placeholder' | 'busy' | 'onEditLast'> {
  readonly text: string;
  readonly isFaulty: boolean;
  onText(text: string): void;
  onFiles(files: readonly File[]): void;
  onEnter(): void;
}

function MessageField(props: MessageFieldProps) {
  const { fieldRef, text, isFaulty, placeholder, busy, onText, onFiles, onEnter, onEditLast } = props;
  const { t } = useText();
  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      onEnter();
    }
    if (event.key === 'ArrowUp' && text === '' && !busy) {
      event.preventDefault();
      onEditLast();
    }
  }
  return (
    <textarea
      ref={fieldRef}
      rows={2}
      aria-label={t('chat.message')}
      aria-invalid={isFaulty}
      placeholder={placeholder}
      value={text}
      onChange={(event) => onText(event.target.value)}
      onPaste={(event) => pasteFiles(event, onFiles)}
      onKeyDown={onKeyDown}
    />
  );
}

export default function Composer(props: ComposerProps) {
  const { value, onChange, onSend, busy, takes, system, faultyParam } = props;
  const { t } = useText();
  const [systemOpen, setSystemOpen] = useState(false);
  const { add, problem, setProblem } = useAttaching({
    attachments: value.attachments,
    takes,
    onAdd: (added) => onChange((known) => ({ ...known, attachments: [...known.attachments, ...added] })),
  });
  const onFiles = (files: readonly File[]) => void add(files);
  const isDropping = useDropping(onFiles);
  usePageKey(({ key }) => {
    if (key === 'Escape' && busy) props.onStop();
  });
  const isFaulty = faultyParam !== null && /^(messages|message|input|images)/.test(faultyParam);
  function submit() {
    if (!busy) onSend();
  }
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className={`box${isDropping ? ' dropping' : ''}`}>
        {systemOpen ? (
          <SystemField system={system} onSystem={props.onSystem} isFaulty={faultyParam === 'system_prompt'} />
        ) : null}
        <Attached
          attachments={value.attachments}
          onRemove={(at) => onChange({ ...value, attachments: value.attachments.filter((_, i) => i !== at) })}
        />
        <ShrunkImages attachments={value.attachments} onChange={(attachments) => onChange({ ...value, attachments })} />
        {problem ? (
          <p className="small bad-text" role="alert">
            {t(problem)}
          </p>
        ) : null}
        <MessageField
          fieldRef={props.fieldRef}
          text={value.text}
          isFaulty={isFaulty}
          placeholder={props.placeholder}
          busy={busy}
          onText={(text) => onChange({ ...value, text })}
          onFiles={onFiles}
          onEnter={submit}
          onEditLast={props.onEditLast}
        />
        <div className="row between">
          <span className="row">
            <AttachButton
              takes={takes}
              whyNot={t('chat.notTaken')}
              onFiles={onFiles}
              onRefused={() => setProblem('chat.notTaken')}
            />
            <button
              type="button"
              className="btn ghost"
              aria-expanded={systemOpen}
              onClick={() => setSystemOpen(!systemOpen)}
            >
              <SlidersHorizontal className="i" aria-hidden="true" />
              {t('chat.system')}
              {system === '' ? null : <span className="dot ok" aria-hidden="true" />}
            </button>
          </span>
          <SendButton busy={busy} onStop={props.onStop} />
        </div>
      </div>
    </form>
  );
}
