import { CircleUser, Languages, type LucideIcon, SunMoon } from 'lucide-react';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Mark } from '../parts/mark.tsx';
import { choiceOf, Menu } from '../parts/menu.tsx';
import { StateDot } from '../parts/state-dot.tsx';
import { type Language, languages, useText } from '../text/text.tsx';
import { isFor, isHere, type Place, places } from './places.ts';
import { useReadiness, useSelf, useStatus } from './queries.ts';
import { useSession } from './session.tsx';
import { applyTheme, readTheme, type Theme } from './theme.ts';

function Item({ to, name, icon: Icon }: { to: string; name: string; icon: LucideIcon }) {
  const [location] = useLocation();
  const here = isHere(location, to) || (to === '/playground' && location === '/');
  return (
    <Link className="item" to={to} title={name} aria-current={here ? 'page' : undefined}>
      <Icon className="i" aria-hidden="true" />
      <span className="label">{name}</span>
    </Link>
  );
}

function Foot() {
  const { t, language, setLanguage } = useText();
  const { signOut } = useSession();
  const readiness = useReadiness();
  const status = useStatus();
  const self = useSelf();
  const [theme, setTheme] = useState(readTheme);
  const state = readiness.data?.status ?? (readiness.isError ? 'unavailable' : 'checking');
  const who = self.data?.key?.name ?? t(self.data?.role === 'key' ? 'nav.demo' : 'nav.administrator');
  const chooseTheme = (next: Theme) => {
    applyTheme(next);
    setTheme(next);
  };
  return (
    <div className="foot">
      <Link className="item" to="/console/models" title={`${t('nav.gateway')}: ${t(`state.${state}`)}`}>
        <StateDot state={state} />
        <span className="label">
          {t(`state.${state}`)} <span className="faint">· {status.data?.version ?? '…'}</span>
        </span>
      </Link>
      <Menu
        trigger={
          <button type="button" className="item" title={t('nav.theme')}>
            <SunMoon className="i" aria-hidden="true" />
            <span className="label">{t('nav.theme')}</span>
          </button>
        }
        choice={choiceOf<Theme>(
          theme,
          [
            ['system', t('nav.themeSystem')],
            ['light', t('nav.themeLight')],
            ['dark', t('nav.themeDark')],
          ],
          chooseTheme,
        )}
      />
      <Menu
        trigger={
          <button type="button" className="item" title={t('nav.language')}>
            <Languages className="i" aria-hidden="true" />
            <span className="label">{languages[language]}</span>
          </button>
        }
        choice={choiceOf<Language>(
          language,
          [
            ['en', languages.en],
            ['de', languages.de],
            ['vi', languages.vi],
          ],
          setLanguage,
        )}
      />
      <Menu
        trigger={
          <button type="button" className="item" title={who}>
            <CircleUser className="i" aria-hidden="true" />
            <span className="label truncate">{who}</span>
          </button>
        }
        actions={[{ label: t('nav.signOut'), onSelect: signOut }]}
      />
    </div>
  );
}

export function Navigation({ label }: { label: string }) {
  const { t } = useText();
  const { data: self } = useSelf();
  const group = (places: readonly Place[]) =>
    places
      .filter((place) => isFor(place, self))
      .map(({ to, key, icon }) => <Item key={to} to={to} name={t(key)} icon={icon} />);
  return (
    <nav className="nav" aria-label={label}>
      <Link className="brand" to="/playground" aria-label="Duplex">
        <Mark />
        <span className="label">Duplex</span>
      </Link>
      {group(places.talk)}
      <h2>{t('nav.build')}</h2>
      <span className="sep" />
      {group(places.build)}
      <h2>{t('nav.operate')}</h2>
      <span className="sep" />
      {group(places.operate)}
      <Foot />
    </nav>
  );
}
