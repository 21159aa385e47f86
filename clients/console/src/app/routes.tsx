import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { Playground } from '../playground/playground.tsx';
import { useText } from '../text/text.tsx';
import { useSession } from './session.tsx';
import { Shell } from './shell.tsx';
import { SignIn } from './sign-in.tsx';

const ApiPage = lazy(() => import('../pages/api/api-page.tsx'));

function Loading() {
  const { t } = useText();
  return (
    <Shell title={t('common.loading')}>
      <main className="page" aria-busy="true">
        <div className="skel" />
      </main>
    </Shell>
  );
}

function NotFound() {
  const { t } = useText();
  return (
    <Shell title={t('common.noPage')}>
      <main className="page">
        <p>{t('common.noPageText')}</p>
      </main>
    </Shell>
  );
}

/** What each address shows. Who has no key signs in first, and is then where they wanted to be. */
export function Routes() {
  const { key } = useSession();
  if (key === null) return <SignIn />;
  return (
    <Suspense fallback={<Loading />}>
      <Switch>
        <Route path="/">
          <Redirect to="/playground" replace />
        </Route>
        <Route path="/playground/:conversation?">
          {({ conversation }) => <Playground conversation={conversation} />}
        </Route>
        <Route path="/console">
          <ApiPage />
        </Route>
        <Route>
          <NotFound />
        </Route>
      </Switch>
    </Suspense>
  );
}
