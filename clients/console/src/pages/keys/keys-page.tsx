import type { Outputs } from '@duplex/client';
import { useQueryClient } from '@tanstack/react-query';
import { Ellipsis, Plus } from 'lucide-react';
import { useState } from 'react';
import { useKeys } from '../../app/list-queries.ts';
import { useSelf } from '../../app/queries.ts';
import { Shell } from '../../app/shell.tsx';
import { DataTable, numeric } from '../../parts/data-table.tsx';
import { Menu, MenuItem } from '../../parts/menu.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useText } from '../../text/text.tsx';
import { KeyForm } from './key-form.tsx';
import { type KeyState, stateOf } from './key-state.ts';
import { OwnKey } from './own-key.tsx';
import { RevokeKey, RotateKey } from './renew-key.tsx';
import { SecretShown } from './secret-shown.tsx';

export type ApiKey = Outputs['api']['keys']['get'];
type ListedKey = Outputs['api']['keys']['list']['items'][number];

type Open = { readonly what: 'create' } | { readonly what: 'edit' | 'rotate' | 'revoke'; readonly key: ApiKey } | null;

const badges: Record<KeyState, string> = { active: 'ok', disabled: 'warn', expired: 'warn', revoked: '' };

/** What a key is held to, in words. */
export function useLimits(): (key: ApiKey) => string {
  const { t, number, money } = useText();
  return (key) =>
    [
      key.requests_per_minute === null ? [] : t('keys.perMinute', { count: number(key.requests_per_minute) }),
      key.tokens_per_minute === null ? [] : t('keys.tokensPerMinute', { count: number(key.tokens_per_minute) }),
      key.concurrent_requests === null ? [] : t('keys.atOnce', { count: number(key.concurrent_requests) }),
      key.daily_budget_usd === null ? [] : t('keys.aDay', { money: money(key.daily_budget_usd) }),
      key.monthly_budget_usd === null ? [] : t('keys.aMonth', { money: money(key.monthly_budget_usd) }),
    ]
      .flat()
      .join(' · ') || t('request.none');
}

function KeyRow({ apiKey: key, onOpen }: { apiKey: ListedKey; onOpen(open: Open): void }) {
  const { t, day, dateTime, money } = useText();
  const limits = useLimits();
  const state = stateOf(key, Date.now());
  const badge = <span className={`badge ${badges[state]}`}>{t(`keys.${state}`)}</span>;
  return (
    <tr>
      <td>
        <strong>{key.name}</strong>
        <div className="small faint truncate">{key.owner}</div>
      </td>
      <td data-th={t('keys.key')}>
        <code>{key.prefix}…</code>
      </td>
      <td data-th={t('keys.models')}>
        {key.group ?? t('keys.everybody')}{' '}
        {key.models ? <span className="small faint">{key.models.join(', ')}</span> : null}
      </td>
      <td data-th={t('keys.limits')} className="small muted">
        {limits(key)}
      </td>
      <td data-th={t('keys.lastUsed')} className="small muted nowrap">
        {key.last_used_at === null ? '–' : dateTime(key.last_used_at)}
      </td>
      <td data-th={t('keys.spentMonth')} className="num">
        {money(key.spent_month_usd)}
      </td>
      <td data-th={t('keys.expires')} className="small muted nowrap">
        {key.expires_at === null ? t('keys.never') : day(key.expires_at)}
      </td>
      <td data-th={t('keys.state')}>{badge}</td>
      <td className="act">
        {state === 'revoked' ? null : (
          <Menu
            trigger={
              <button type="button" className="btn ghost icon small" aria-label={t('keys.more', { name: key.name })}>
                <Ellipsis className="i" aria-hidden="true" />
              </button>
            }
          >
            <MenuItem onSelect={() => onOpen({ what: 'edit', key })}>{t('chat.edit')}</MenuItem>
            <MenuItem onSelect={() => onOpen({ what: 'rotate', key })}>{t('keys.rotate')}</MenuItem>
            <MenuItem danger onSelect={() => onOpen({ what: 'revoke', key })}>
              {t('keys.revoke')}
            </MenuItem>
          </Menu>
        )}
      </td>
    </tr>
  );
}

function AllKeys({ onOpen }: { onOpen(open: Open): void }) {
  const { t } = useText();
  const { data, error } = useKeys();
  const items = data?.items ?? [];
  if (error) return <Problem error={error} />;
  if (data && items.length === 0) {
    return (
      <div className="card empty">
        <h2>{t('keys.empty')}</h2>
        <p>{t('keys.emptyText')}</p>
      </div>
    );
  }
  return (
    <div className="card">
      <DataTable
        caption={t('nav.keys')}
        columns={[
          { head: t('keys.name') },
          { head: t('keys.key') },
          { head: t('keys.models') },
          { head: t('keys.limits') },
          { head: t('keys.lastUsed') },
          numeric(t('keys.spentMonth')),
          { head: t('keys.expires') },
          { head: t('keys.state') },
          { head: t('keys.actions'), kind: 'actions' },
        ]}
      >
        {items.map((key) => (
          <KeyRow key={key.id} apiKey={key} onOpen={onOpen} />
        ))}
      </DataTable>
    </div>
  );
}

/** The administrator makes keys and takes them back; a key sees itself. */
export default function KeysPage() {
  const { t } = useText();
  const { data: self } = useSelf();
  const queries = useQueryClient();
  const [open, setOpen] = useState<Open>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const close = () => setOpen(null);
  const done = (made?: string) => {
    close();
    if (made !== undefined) setSecret(made);
    void queries.invalidateQueries({ queryKey: ['keys'] });
  };
  const isAdmin = self?.role === 'admin';
  return (
    <Shell
      title={t('nav.keys')}
      bar={
        <>
          <span className="grow" />
          {isAdmin ? (
            <button type="button" className="btn main-action" onClick={() => setOpen({ what: 'create' })}>
              <Plus className="i" aria-hidden="true" />
              {t('keys.create')}
            </button>
          ) : null}
        </>
      }
    >
      <main className="page">
        <p className="lede">{isAdmin ? t('keys.lede') : t('keys.ownLede')}</p>
        {isAdmin ? <AllKeys onOpen={setOpen} /> : self ? <OwnKey self={self} /> : null}
      </main>
      {open?.what === 'create' ? <KeyForm apiKey={null} onClose={close} onDone={done} /> : null}
      {open?.what === 'edit' ? <KeyForm apiKey={open.key} onClose={close} onDone={done} /> : null}
      {open?.what === 'rotate' ? <RotateKey apiKey={open.key} onClose={close} onDone={done} /> : null}
      {open?.what === 'revoke' ? <RevokeKey apiKey={open.key} onClose={close} onDone={done} /> : null}
      {secret === null ? null : <SecretShown secret={secret} onClose={() => setSecret(null)} />}
    </Shell>
  );
}
