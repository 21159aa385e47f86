import { isGatewayError } from '@duplex/client';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useCallback, useEffect, useState } from 'react';
import { Field } from '../parts/field.tsx';
import { Mark } from '../parts/mark.tsx';
import { StateDot } from '../parts/state-dot.tsx';
import { useText } from '../text/text.tsx';
import { basePath } from './base-path.ts';
import { useReadiness, useStatus } from './queries.ts';
import { useSession } from './session.tsx';
import { takeStartCode } from './start-code.ts';

/** Runs what signs in, and says why it failed. */
function useAttempt() {
  const { t } = useText();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
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
  return { busy, error, attempt };
}

/** The way in for who has no key yet: the demo, where the gateway lets this browser in. */
function DemoEntry({ demoKey, onEnter }: { demoKey: string; onEnter(key: string): void }) {
  const { t } = useText();
  return (
    <section className="card demo-entry" aria-label={t('demo.enter')}>
      <p>{t('demo.enterText')}</p>
      <button type="button" className="btn main-action" onClick={() => onEnter(demoKey)}>
        {t('demo.enter')}
      </button>
    </section>
  );
}

interface KeyFormProps {
  readonly busy: boolean;
  readonly error: string | null;
  /** Another way in is the page's first one. */
  readonly isSecond: boolean;
  onKey(key: string, keep: boolean): void;
}

function KeyForm({ busy, error, isSecond, onKey }: KeyFormProps) {
  const { t } = useText();
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    // Read from the form: a password manager fills a field without telling the page.
    const form = new FormData(event.currentTarget);
    onKey(String(form.get('key')).trim(), form.has('keep'));
  }
  return (
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
      <button type="submit" className={isSecond ? 'btn' : 'btn main-action'} aria-disabled={busy}>
        {busy ? t('sign.busy') : t('sign.title')}
      </button>
    </form>
  );
}

function Frame({ children }: { children: ReactNode }) {
  const { t } = useText();
  const readiness = useReadiness();
  const status = useStatus();
  const state = readiness.data?.status ?? (readiness.isError ? 'unavailable' : 'checking');
  return (
    <div className="sign">
      <main>
        <span className="brand">
          <Mark />
          Duplex
        </span>
        {children}
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

export default function SignIn() {
  const { t } = useText();
  const { isExpired, signIn, signInByCode, askDemoKey } = useSession();
  const { busy, error, attempt } = useAttempt();
  const { data: demoKey = null } = useQuery({ queryKey: ['demo-key'], gcTime: 0, queryFn: askDemoKey });
  useEffect(() => {
    document.title = `${t('sign.title')} · Duplex`;
  }, [t]);
  useEffect(() => {
    const code = takeStartCode();
    if (code !== null) void attempt(() => signInByCode(code));
  }, [attempt, signInByCode]);
  const enter = (key: string, keep: boolean) => void attempt(() => signIn(key, keep));
  return (
    <Frame>
      {demoKey === null ? null : <DemoEntry demoKey={demoKey} onEnter={(key) => enter(key, true)} />}
      <div className="stack-2">
        <h1>{t('sign.title')}</h1>
        <p className="muted">{t('sign.lede')}</p>
      </div>
      {isExpired ? (
        <p className="note warn" role="alert">
          {t('sign.expired')}
        </p>
      ) : null}
      <KeyForm busy={busy} error={error} isSecond={demoKey !== null} onKey={enter} />
    </Frame>
  );
}
