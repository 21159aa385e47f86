import { type UseMutationResult, useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useSession } from '../../app/session.tsx';
import { CodeLines } from '../../parts/code-lines.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Field } from '../../parts/field.tsx';
import { useText } from '../../text/text.tsx';
import { exampleOf, type Operation, type Schema } from './read-openapi.ts';
import { type Answered, type Filled, sendOperation, toCurl } from './send-operation.ts';

interface TryOperationProps {
  readonly document: Schema;
  readonly operation: Operation;
}

interface OperationFieldsProps {
  readonly operation: Operation;
  readonly filled: Filled;
  onChange(filled: Filled): void;
}

function OperationFields({ operation: { parameters, body }, filled, onChange }: OperationFieldsProps) {
  const { t } = useText();
  const { values, text } = filled;
  const shown = parameters.filter(({ place }) => place === 'path' || place === 'query');
  return (
    <>
      {shown.length > 0 ? (
        <div className="form-grid">
          {shown.map(({ name, required }) => (
            <Field key={name} label={name}>
              {(control) => (
                <input
                  {...control}
                  className="input mono"
                  required={required}
                  value={values[name] ?? ''}
                  onChange={(event) => onChange({ ...filled, values: { ...values, [name]: event.target.value } })}
                />
              )}
            </Field>
          ))}
        </div>
      ) : null}
      {body ? (
        <Field label={t('ref.body')}>
          {(control) => (
            <textarea
              {...control}
              className="input mono"
              rows={Math.min(16, text.split('\n').length + 1)}
              spellCheck={false}
              value={text}
              onChange={(event) => onChange({ ...filled, text: event.target.value })}
            />
          )}
        </Field>
      ) : null}
    </>
  );
}

function OperationAnswer({ error, data }: Pick<UseMutationResult<Answered>, 'error' | 'data'>) {
  const { t, milliseconds, number } = useText();
  return (
    <div aria-live="polite">
      {error ? <p className="small bad-text">{t('common.failed')}</p> : null}
      {data ? (
        <figure className="code">
          <div className="head">
            <span className="grow">
              {number(data.status)} · {milliseconds(data.ms)}
            </span>
            <CopyButton text={data.text} label={t('ref.copyAnswer')} />
          </div>
          <CodeLines code={data.text} label={t('ref.answer')} />
        </figure>
      ) : null}
    </div>
  );
}

/** Sends an operation to this gateway, with the reader's key. */
export function TryOperation({ document, operation }: TryOperationProps) {
  const { t } = useText();
  const { key } = useSession();
  const { body, open } = operation;
  const [filled, setFilled] = useState<Filled>(() => ({
    values: {},
    text: body ? JSON.stringify(exampleOf(document, body), null, 2) : '',
  }));
  const send = useMutation({ mutationFn: () => sendOperation(operation, filled, key) });
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!send.isPending) send.mutate();
      }}
    >
      <OperationFields operation={operation} filled={filled} onChange={setFilled} />
      <div className="row wrap">
        <button type="submit" className="btn main-action" aria-disabled={send.isPending}>
          {send.isPending ? t('ref.sending') : t('ref.send')}
        </button>
        <CopyButton text={toCurl(operation, filled)} label={t('ref.copyCurl')} shown={t('ref.copyCurl')} />
        {key === null && !open ? <span className="small faint">{t('ref.noKey')}</span> : null}
      </div>
      <OperationAnswer error={send.error} data={send.data} />
    </form>
  );
}
