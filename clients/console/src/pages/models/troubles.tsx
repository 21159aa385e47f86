import { TriangleAlert } from 'lucide-react';
import { Link } from 'wouter';
import { useDownProviders } from '../../app/queries.ts';
import { useText } from '../../text/text.tsx';

/** Names the providers that do not answer, and says what that means for requests. */
export function Troubles() {
  const { t } = useText();
  const down = useDownProviders();
  if (down.length === 0) return null;
  return (
    <div className="note warn">
      <TriangleAlert className="i" aria-hidden="true" />
      <p>
        <strong>{t('backends.down', { names: down.join(', ') })}</strong> {t('backends.downText')}{' '}
        <Link to="/console/requests">{t('nav.requests')}</Link>
      </p>
    </div>
  );
}
