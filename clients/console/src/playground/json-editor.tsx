import { useState } from 'react';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { parseJson } from '../parts/json.ts';
import { useText } from '../text/text.tsx';

interface JsonEditorProps {
  readonly title: string;
  readonly lede: string;
  readonly label: string;
  readonly value: unknown;
  readonly presets: readonly (readonly [string, unknown])[];
  /** What is wrong with a value that is JSON; null: nothing. */
  check(value: unknown): string | null;
  onSave(value: unknown): void;
  onClose(): void;
}

const write = (value: unknown) => (value === null ? '' : JSON.stringify(value, null, 2));

/** Edits a part of the request as JSON. Empty: the request has none. */
export function JsonEditor({ title, lede, label, value, presets, check, onSave, onClose }: JsonEditorProps) {
  const { t } = useText();
  const [text, setText] = useState(() => write(value));
  const [error, setError] = useState<string | null>(null);
  function save() {
    if (text.trim() === '') return onSave(null);
    const parsed = parseJson(text);
    const fault = parsed === undefined ? t('request.notJson') : check(parsed);
    if (fault) return setError(fault);
    onSave(parsed);
  }
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={title}
      lede={lede}
      foot={
        <>
          <button type="button" className="btn" onClick={onClose}>
            {t('common.cancel')}
          </button>
          <button type="button" className="btn main-action" onClick={save}>
            {t('common.apply')}
          </button>
        </>
      }
    >
      <div className="row wrap">
        <span className="small faint">{t('request.presets')}</span>
        {presets.map(([name, preset]) => (
          <button key={name} type="button" className="tag" onClick={() => setText(write(preset))}>
            {name}
          </button>
        ))}
        <button type="button" className="tag" onClick={() => setText('')}>
          {t('request.none')}
        </button>
      </div>
      <Field label={label} error={error}>
        {(control) => (
          <textarea
            {...control}
            className="input mono"
            rows={14}
            spellCheck={false}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Field>
    </Dialog>
  );
}
