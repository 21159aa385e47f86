import { lazy, Suspense } from 'react';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter';
import { Boundary } from '../parts/boundary.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { Playground } from '../playground/playground.tsx';
import { useText } from '../text/text.tsx';
import { BrokenPage } from './broken-page.tsx';
import { Keyboard } from './keyboard.tsx';
import { allPlaces, isHere } from './places.ts';
import { useSession } from './session.tsx';
import { Shell } from './shell.tsx';

const pages = {
  '/console': lazy(() => import('../pages/api/api-page.tsx')),
  '/console/compare': lazy(() => import('../pages/compare/compare-page.tsx')),
  '/console/keys': lazy(() => import('../pages/keys/keys-page.tsx')),
  '/console/usage': lazy(() => import('../pages/usage/usage-page.tsx')),
  '/console/requests': lazy(() => import('../pages/requests/requests-page.tsx')),
  '/console/models': lazy(() => import('../pages/models/models-page.tsx')),
  '/console/models/file': lazy(() => import('../pages/models/models-file-page.tsx')),
  '/console/wallets': lazy(() => import('../pages/wallets/wallets-page.tsx')),
  '/console/conversations': lazy(() => import('../pages/conversations/conversations-page.tsx')),
  '/console/audit': lazy(() => import('../pages/audit/audit-page.tsx')),
  '/console/errors': lazy(() => import('../pages/errors/errors-page.tsx')),
};

const SignIn = lazy(() => import('./sign-in.tsx'));
const DocsPage = lazy(() => import('../pages/docs/docs-page.tsx'));
const ReferencePage = lazy(() => import('../pages/reference/reference-page.tsx'));

function Loading() {
  const { key } = useSession();
  return key === null ? <main className="page" aria-busy="true" /> : <LoadingPage />;
}

function LoadingPage() {
  const { t } = useText();
  const [location] = useLocation();
  const key = allPlaces.find(({ to }) => isHere(location, to))?.key;
  return (
    <Shell title={t(key ?? 'common.loading')}>
      <main className="page" aria-busy="true">
        <Skeleton />
      </main>
    </Shell>
  );
}

function NotFound() {
  const { t } = useText();
  return (
    <Shell title={t('common.noPage')}>
      <main className="page">
        <div className="card empty">
          <p>{t('common.noPageText')}</p>
          <Link className="btn" to="/playground">
            {t('nav.playground')}
          </Link>
        </div>
      </main>
    </Shell>
  );
}

/** What each address shows. Most pages need a key: who has none signs in first, and is then where they wanted to be. */
export function Routes() {
  const { key } = useSession();
  const [location] = useLocation();
  return (
    <>
      <Boundary fallback={<BrokenPage />} place={location}>
        <Suspense fallback={<Loading />}>
          <Switch>
            <Route path="/docs">
              <DocsPage />
            </Route>
            <Route path="/docs/*">{({ '*': name }) => <DocsPage name={name} />}</Route>
            <Route path="/openapi">
              <ReferencePage />
            </Route>
            <Route>{key === null ? <SignIn /> : <OwnPages />}</Route>
          </Switch>
        </Suspense>
      </Boundary>
      {/* Beside the page, so that its keys work while the page loads. */}
      {key === null ? null : (
        <Boundary fallback={null}>
          <Keyboard />
        </Boundary>
      )}
    </>
  );
}

function OwnPages() {
  return (
    <Switch>
      <Route path="/">
        <Redirect to="/playground" replace />
      </Route>
      <Route path="/playground/:conversation?">
        {({ conversation }) => <Playground conversation={conversation} />}
      </Route>
      {Object.entries(pages).map(([path, Page]) => (
        <Route key={path} path={path}>
          <Page />
        </Route>
      ))}
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
