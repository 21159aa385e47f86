import { LogIn } from 'lucide-react';
import { type ReactNode, useEffect } from 'react';
import { Link } from 'wouter';
import { Mark } from '../parts/mark.tsx';
import { useText } from '../text/text.tsx';
import { useSession } from './session.tsx';
import { Shell } from './shell.tsx';

interface PublicShellProps {
  readonly title: string;
  readonly bar?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of pages that need no key: with the navigation for who has signed in, else with the way to it. */
export function PublicShell({ title, bar, children }: PublicShellProps) {
  const { t } = useText();
  const { key } = useSession();
  useEffect(() => {
    document.title = `${title} · Duplex`;
  }, [title]);
  if (key !== null) {
    return (
      <Shell title={title} bar={bar} railed>
        {children}
      </Shell>
    );
  }
  return (
    <>
      <a className="skip" href="#content">
        {t('nav.skip')}
      </a>
      <div className="main public" id="content" tabIndex={-1}>
        <header className="bar">
          <Link className="brand" to="/playground" aria-label="Duplex">
            <Mark />
          </Link>
          <h1 className="truncate">{title}</h1>
          {bar}
          <Link className="btn" to="/playground">
            <LogIn className="i" aria-hidden="true" />
            <span className="wide-only">{t('sign.title')}</span>
          </Link>
        </header>
        {children}
      </div>
    </>
  );
}
