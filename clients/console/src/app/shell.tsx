import { FlaskConical, Menu as MenuIcon, Unplug } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Sheet } from '../parts/sheet.tsx';
import { useText } from '../text/text.tsx';
import { GoAnywhere } from './go-anywhere.tsx';
import { Navigation } from './navigation.tsx';
import { useInfo, useStatus } from './queries.ts';

interface ShellProps {
  readonly title: string;
  /** What stands in the bar beside the title. */
  readonly bar?: ReactNode;
  /** Pages that need the width have a rail for a navigation. */
  readonly railed?: boolean;
  /** The bar shows something else than the title, which is then for who hears the page. */
  readonly titleHidden?: boolean;
  readonly children: ReactNode;
}

function DemoStrip() {
  const { t } = useText();
  const { data: info } = useInfo();
  if (!info?.demo) return null;
  return (
    <div className="strip" role="status">
      <span>
        <FlaskConical className="i" aria-hidden="true" /> <strong>{t('demo.title')}</strong> {t('demo.text')}
      </span>
      <Link to="/console/models">{t('demo.connect')}</Link>
    </div>
  );
}

/** Says that the gateway does not answer. What is on the page stays, and the page asks again by itself. */
function ConnectionStrip() {
  const { t } = useText();
  const { isError, isFetching, refetch } = useStatus();
  if (!isError) return null;
  return (
    <div className="strip lost" role="status">
      <span>
        <Unplug className="i" aria-hidden="true" /> <strong>{t('lost.title')}</strong> {t('lost.text')}
      </span>
      <button type="button" className="btn small" aria-disabled={isFetching} onClick={() => void refetch()}>
        {t('lost.again')}
      </button>
    </div>
  );
}

/** The frame of every page: navigation, bar, content. */
export function Shell({ title, bar, railed = false, titleHidden = false, children }: ShellProps) {
  const { t } = useText();
  const [location] = useLocation();
  /** Where it was opened: another page closes it. */
  const [drawerAt, setDrawerAt] = useState<string | null>(null);
  useEffect(() => {
    document.title = `${title} · Duplex`;
  }, [title]);
  return (
    <>
      <a className="skip" href="#content">
        {t('nav.skip')}
      </a>
      <div className={`app${railed ? ' railed' : ''}`}>
        <Navigation label={t('nav.main')} />
        <div className="main" id="content" tabIndex={-1}>
          <header className="bar">
            <button
              type="button"
              className="btn ghost icon menu"
              aria-label={t('nav.menu')}
              onClick={() => setDrawerAt(location)}
            >
              <MenuIcon className="i" aria-hidden="true" />
            </button>
            <h1 className={titleHidden ? 'sr' : 'truncate'}>{title}</h1>
            {bar}
            {railed ? null : <GoAnywhere />}
          </header>
          <ConnectionStrip />
          <DemoStrip />
          {children}
        </div>
      </div>
      <Sheet
        open={drawerAt === location}
        onClose={() => setDrawerAt(null)}
        label={t('nav.menu')}
        side="start"
        className="drawer"
      >
        <Navigation label={t('nav.main')} />
      </Sheet>
    </>
  );
}
