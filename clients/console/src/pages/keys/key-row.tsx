import { Ellipsis } from 'lucide-react';
import { useLocation } from 'wouter';
import { Menu } from '../../parts/menu.tsx';
import { useText } from '../../text/text.tsx';
import type { ListedKey, OpenKey } from './api-key.ts';
import { type KeyState, stateOf } from './key-state.ts';
import { Spend } from './spend.tsx';
import { useLimits } from './use-limits.ts';

const badges: Record<KeyState, string> = { active: 'ok', disabled: 'warn', expired: 'warn', revoked: '' };

/** The models that a key may use: those of its group, or its own list. */
function Models({ apiKey: { group, models } }: { apiKey: ListedKey }) {
  const { t } = useText();
  const count = models && t('keys.modelCount', { count: models.length });
  return (
    <span title={models?.join(', ')}>
      {group ?? count ?? t('keys.everybody')}
      {group && count ? <span className="small faint"> {count}</span> : null}
      {models && !group ? <div className="small faint truncate models-c">{models.join(', ')}</div> : null}
    </span>
  );
}

interface KeyRowProps {
  readonly apiKey: ListedKey;
  onOpen(open: OpenKey): void;
}

export function KeyRow({ apiKey: key, onOpen }: KeyRowProps) {
  const { t, day, dateTime, ago } = useText();
  const [, navigate] = useLocation();
  const limits = useLimits();
  const state = stateOf(key, Date.now());
  return (
    <tr>
      <td>
        <strong className="name-c truncate" title={key.name}>
          {key.name}
        </strong>
        {/* A key without an owner is its own: its id says nothing to a reader. */}
        {key.owner === key.id ? null : <div className="small faint truncate name-c">{key.owner}</div>}
      </td>
      <td data-th={t('keys.key')}>
        <code>{key.prefix}…</code>
      </td>
      <td data-th={t('keys.models')}>
        <Models apiKey={key} />
      </td>
      <td data-th={t('keys.limits')} className="small muted">
        {limits(key)}
      </td>
      <td data-th={t('keys.spentMonth')}>
        <Spend spent={key.spent_month_usd} budget={key.monthly_budget_usd} />
      </td>
      <td data-th={t('keys.lastUsed')} className="small muted nowrap">
        {key.last_used_at === null ? (
          t('keys.never')
        ) : (
          <time dateTime={key.last_used_at} title={dateTime(key.last_used_at)}>
            {ago(key.last_used_at)}
          </time>
        )}
      </td>
      <td data-th={t('keys.expires')} className="small muted nowrap">
        {key.expires_at === null ? t('keys.never') : day(key.expires_at)}
      </td>
      <td data-th={t('keys.state')}>
        <span className={`badge ${badges[state]}`}>{t(`keys.${state}`)}</span>
      </td>
      <td className="act">
        {state === 'revoked' ? null : (
          <Menu
            trigger={
              <button type="button" className="btn ghost icon small" aria-label={t('keys.more', { name: key.name })}>
                <Ellipsis className="i" aria-hidden="true" />
              </button>
            }
            actions={[
              {
                label: t('keys.requests'),
                onSelect: () => navigate(`/console/requests?key=${encodeURIComponent(key.id)}`),
              },
              { label: t('chat.edit'), onSelect: () => onOpen({ what: 'edit', key }) },
              { label: t('keys.rotate'), onSelect: () => onOpen({ what: 'rotate', key }) },
              { label: t('keys.revoke'), onSelect: () => onOpen({ what: 'revoke', key }), danger: true },
            ]}
          />
        )}
      </td>
    </tr>
  );
}
