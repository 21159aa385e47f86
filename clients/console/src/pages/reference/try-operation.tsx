import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { gatewayUrl } from '../../app/base-path.ts';
import { useSession } from '../../app/session.tsx';
import { CodeLines } from '../../parts/code-lines.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Field } from '../../parts/field.tsx';
import { useText } from '../../text/text.tsx';
import { exampleOf, type Operation, type Schema } from './read-openapi.ts';

const LONGEST = 100_000;

interface TryOperationProps {
  readonly document: Schema;
  readonly operation: Operation;
}

interface Answered {
  readonly status: number;
  readonly ms: number;
  readonly text: string;
}

const shown = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

/** Sends an operation to this gateway, with the reader's key. */
export function TryOperation({ document, operation }: TryOperationProps) {
  const { t, milliseconds, number } = useText();
  const { key } = useSession();
  const { method, path, parameters, body } = operation;
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [text, setText] = useState(() => (body ? JSON.stringify(exampleOf(document, body), null, 2) : ''));
  const address = () => {
    let filled = path;
    const query = new URLSearchParams();
    for (const { name, place } of parameters) {
      const value = values[name] ?? '';
      if (place === 'path') filled = filled.replace(`{${name}}`, encodeURIComponent(value));
      else if (place === 'query' && value !== '') query.set(name, value);
    }
    return `${gatewayUrl}${filled}${query.size > 0 ? `?${query}` : ''}`;
  };
  const send = useMutation({
    async mutationFn(): Promise<Answered> {
      const begun = performance.now();
      const response = await fetch(address(), {
        method: method.toUpperCase(),
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(body ? { 'content-type': 'application/json' } : {}),
        },
        ...(body ? { body: text } : {}),
      });
      const answer = await response.text();
      return { status: response.status, ms: performance.now() - begun, text: shown(answer.slice(0, LONGEST)) };
    },
  });
  const curl = [
    `curl -X ${method.toUpperCase()} '${address()}'`,
    ...(operation.open ? [] : ['-H "Authorization: Bearer $BEARER"']),
    ...(body ? ['-H "Content-Type: application/json"', `-d '${text.replaceAll("'", "'\\''")}'`] : []),
  ].join(' \\\n  ');
  const shownParameters = parameters.filter(({ place }) => place === 'path' || place === 'query');
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!send.isPending) send.mutate();
      }}
    >
      {shownParameters.length > 0 ? (
        <div className="form-grid">
          {shownParameters.map(({ name, required }) => (
            <Field key={name} label={name}>
              {(control) => (
                <input
                  {...control}
                  className="input mono"
                  required={required}
                  value={values[name] ?? ''}
                  onChange={(event) => setValues({ ...values, [name]: event.target.value })}
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
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
      ) : null}
      <div className="row wrap">
        <button type="submit" className="btn main-action" aria-disabled={send.isPending}>
          {send.isPending ? t('ref.sending') : t('ref.send')}
        </button>
        <CopyButton text={curl} label={t('ref.copyCurl')} />
        {key === null && !operation.open ? <span className="small faint">{t('ref.noKey')}</span> : null}
      </div>
      <div aria-live="polite">
        {send.error ? <p className="small bad-text">{t('common.failed')}</p> : null}
        {send.data ? (
          <figure className="code">
            <div className="head">
              <span className="grow">
                {number(send.data.status)} · {milliseconds(send.data.ms)}
              </span>
              <CopyButton text={send.data.text} label={t('ref.copyAnswer')} />
            </div>
            <CodeLines code={send.data.text} label={t('ref.answer')} />
          </figure>
        ) : null}
      </div>
    </form>
  );
}
