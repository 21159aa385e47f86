import type { Outputs } from '@duplex/client';
import { Link } from 'wouter';
import { useSession } from '../../app/session.tsx';
import { Facts } from '../../parts/facts.tsx';
import { useText } from '../../text/text.tsx';
import { useLimits } from './use-limits.ts';

/** A visitor of the demo has no key of their own, and can make none. */
function DemoKey() {
  const { t } = useText();
  const { signOut } = useSession();
  return (
    <div className="card empty">
      <h2>{t('keys.demo')}</h2>
      <p>{t('keys.demoText')}</p>
      <button type="button" className="btn" onClick={signOut}>
        {t('sign.title')}
      </button>
    </div>
  );
}

type Self = Outputs['api']['self'];

/** What the holder of a key may know about it: limits, balance, spending. */
export function OwnKey({ self: { key, wallet, spent } }: { self: Self }) {
  const { t, money, balance, day } = useText();
  const limits = useLimits();
  if (!key) return <DemoKey />;
  const facts: (readonly [string, string])[] = [
    [t('keys.name'), key.name],
    [t('keys.owner'), key.owner],
    [t('keys.models'), key.models?.join(', ') ?? key.group ?? t('keys.everybody')],
    [t('keys.limits'), limits(key)],
    [t('keys.expires'), key.expires_at === null ? t('keys.never') : day(key.expires_at)],
  ];
  return (
    <>
      <p className="lede">{t('keys.ownLede')}</p>
      <dl className="kpis">
        <div className="kpi">
          <dt>{t('wallets.balance')}</dt>
          <dd className="v">{balance(wallet?.balance_usd ?? 0)}</dd>
          <dd className="d">{t('wallets.heldNow', { money: balance(wallet?.held_usd ?? 0) })}</dd>
        </div>
        <div className="kpi">
          <dt>{t('keys.spentToday')}</dt>
          <dd className="v">{money(spent?.today_usd ?? 0)}</dd>
          <dd className="d">
            {key.daily_budget_usd === null ? t('keys.noBudget') : t('keys.of', { money: money(key.daily_budget_usd) })}
          </dd>
        </div>
        <div className="kpi">
          <dt>{t('keys.spentMonth')}</dt>
          <dd className="v">{money(spent?.month_usd ?? 0)}</dd>
          <dd className="d">
            {key.monthly_budget_usd === null
              ? t('keys.noBudget')
              : t('keys.of', { money: money(key.monthly_budget_usd) })}
          </dd>
        </div>
      </dl>
      <section className="card">
        <header>
          <h2 className="grow">{t('keys.own')}</h2>
          <Link className="btn small" to="/console">
            {t('nav.api')}
          </Link>
        </header>
        <div className="body">
          <Facts facts={facts} />
        </div>
      </section>
    </>
  );
}
