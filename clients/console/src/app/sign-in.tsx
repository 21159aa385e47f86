import { isGatewayError } from '@duplex/client';
import { type FormEvent, useCallback, useEffect, useState } from 'react';
import { Field } from '../parts/field.tsx';
import { Mark } from '../parts/mark.tsx';
import { StateDot } from '../parts/state-dot.tsx';
import { useText } from '../text/text.tsx';
import { basePath } from './base-path.ts';
import { useReadiness, useStatus } from './queries.ts';
import { useSession } from './session.tsx';
import { takeStartCode } from './start-code.ts';

export default function SignIn() {
  const { t } = useText();
  const { isExpired, signIn, signInByCode } = useSession();
  const readiness = useReadiness();
  const status = useStatus();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const state = readiness.data?.status ?? (readiness.isError ? 'unavailable' : 'checking');
  useEffect(() => {
    document.title = `${t('sign.title')} · Duplex`;
  }, [t]);

  const attempt = useCallback(
    async (enter: () => Promise<void>) => {
      setBusy(true);
      setError(null);
      try {
        await enter();
      } catch (failure) {
        setBusy(false);
        setError(isGatewayError(failure) ? `${failure.message} (${failure.code})` : t('common.failed'));
      }
    },
    [t],
  );
  useEffect(() => {
    const code = takeStartCode();
    if (code !== null) void attempt(() => signInByCode(code));
  }, [attempt, signInByCode]);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    // Read from the form: a password manager fills a field without telling the page.
    const form = new FormData(event.currentTarget);
    void attempt(() => signIn(String(form.get('key')).trim(), form.has('keep')));
  }

  return (
    <div className="sign">
      <main>
        <span className="brand">
          <Mark />
          Duplex
        </span>
        <div className="stack-2">
          <h1>{t('sign.title')}</h1>
          <p className="muted">{t('sign.lede')}</p>
        </div>
        {isExpired ? (
          <p className="note warn" role="alert">
            {t('sign.expired')}
          </p>
        ) : null}
        <form className="stack" onSubmit={submit}>
          <Field
            label={t('sign.key')}
            error={error}
            hint={
              <>
                {t('sign.hint')} <code>data/api-bearer</code>
              </>
            }
          >
            {(control) => (
              <input {...control} className="input mono" type="password" autoComplete="off" required name="key" />
            )}
          </Field>
          <label className="check">
            <input type="checkbox" name="keep" defaultChecked /> {t('sign.keep')}
          </label>
          <button type="submit" className="btn main-action" aria-disabled={busy}>
            {busy ? t('sign.busy') : t('sign.title')}
          </button>
        </form>
        <p className="small faint">{t('sign.kept')}</p>
        <div className="row between small">
          <a href={`${basePath}/docs`}>{t('sign.docs')}</a>
          <span className="row faint">
            <StateDot state={state} />
            {location.host} · {status.data?.version ?? '…'}
          </span>
        </div>
      </main>
    </div>
  );
}
