import { isGatewayError } from '@duplex/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { useSelf } from '../../app/queries.ts';
import { useGateway } from '../../app/session.tsx';
import { Shell } from '../../app/shell.tsx';
import { DataTable, numeric } from '../../parts/data-table.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useText } from '../../text/text.tsx';
import { OwnKey } from '../keys/own-key.tsx';

function Credit({ owner, onClose }: { owner: string; onClose(): void }) {
  const { t } = useText();
  const gateway = useGateway();
  const queries = useQueryClient();
  const formId = useId();
  const post = useMutation({
    mutationFn: (form: FormData) =>
      gateway.api.wallets.post.mutate({
        owner,
        amount_usd: Number(form.get('amount_usd')),
        reason: String(form.get('reason')),
      }),
    async onSuccess() {
      await queries.invalidateQueries({ queryKey: ['wallets'] });
      onClose();
    },
  });
  const failure = isGatewayError(post.error) ? post.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    post.mutate(new FormData(event.currentTarget));
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('wallets.creditTitle', { owner })}
      lede={t('wallets.creditText')}
      foot={
        <>
          <button type="button" className="btn" onClick={onClose}>
            {t('common.cancel')}
          </button>
          <button type="submit" form={formId} className="btn main-action">
            {t('wallets.credit')}
          </button>
        </>
      }
    >
      <form id={formId} className="stack" onSubmit={submit}>
        <Field label={t('wallets.amount')} error={failure?.param === 'amount_usd' ? failure.message : null}>
          {(control) => <input {...control} className="input" name="amount_usd" type="number" step="any" required />}
        </Field>
        <Field label={t('wallets.reason')}>
          {(control) => <input {...control} className="input" name="reason" required maxLength={500} />}
        </Field>
        {post.error && failure?.param !== 'amount_usd' ? <Problem error={post.error} /> : null}
      </form>
    </Dialog>
  );
}

function Ledger({ owner }: { owner: string }) {
  const { t, balance, dateTime } = useText();
  const gateway = useGateway();
  const { data, error } = useQuery({
    queryKey: ['wallets', owner, 'entries'],
    queryFn: () => gateway.api.wallets.entries.query({ owner, limit: 200 }),
  });
  return (
    <section className="card">
      <header>
        <h2>{t('wallets.ledger', { owner })}</h2>
      </header>
      {error ? <Problem error={error} /> : null}
      <DataTable
        flat
        loading={!data && !error}
        caption={t('wallets.ledger', { owner })}
        columns={[
          { head: t('common.time') },
          { head: t('wallets.kind') },
          { head: t('wallets.reason') },
          { head: t('wallets.author') },
          numeric(t('wallets.amount')),
        ]}
      >
        {(data?.items ?? []).map(({ id, at, kind, reason, author, amount_usd }) => (
          <tr key={id}>
            <td className="nowrap tnum">{dateTime(at)}</td>
            <td data-th={t('wallets.kind')}>{t(`wallets.${kind}`)}</td>
            <td data-th={t('wallets.reason')}>{reason}</td>
            <td data-th={t('wallets.author')}>{author}</td>
            <td className="num" data-th={t('wallets.amount')}>
              {balance(amount_usd)}
            </td>
          </tr>
        ))}
      </DataTable>
    </section>
  );
}

function AllWallets() {
  const { t, balance } = useText();
  const gateway = useGateway();
  const [owner, setOwner] = useState<string | null>(null);
  const [credited, setCredited] = useState<string | null>(null);
  const { data, error } = useQuery({
    queryKey: ['wallets'],
    queryFn: () => gateway.api.wallets.list.query({ limit: 1000 }),
  });
  if (error) return <Problem error={error} />;
  return (
    <>
      <div className="card">
        <DataTable
          loading={data === undefined}
          caption={t('nav.wallets')}
          columns={[
            { head: t('keys.owner') },
            numeric(t('wallets.balance')),
            numeric(t('wallets.held')),
            { head: t('keys.actions'), kind: 'actions' },
          ]}
        >
          {(data?.items ?? []).map((wallet) => (
            <tr key={wallet.owner} aria-selected={wallet.owner === owner}>
              <td>
                <button type="button" className="linkish" onClick={() => setOwner(wallet.owner)}>
                  {wallet.owner}
                </button>
              </td>
              <td className="num" data-th={t('wallets.balance')}>
                {balance(wallet.balance_usd)}
              </td>
              <td className="num" data-th={t('wallets.held')}>
                {balance(wallet.held_usd)}
              </td>
              <td className="act">
                <button type="button" className="btn small" onClick={() => setCredited(wallet.owner)}>
                  {t('wallets.credit')}
                </button>
              </td>
            </tr>
          ))}
        </DataTable>
        {data?.items.length === 0 ? <p className="pad muted">{t('wallets.empty')}</p> : null}
      </div>
      {owner === null ? null : <Ledger owner={owner} />}
      {credited === null ? null : <Credit owner={credited} onClose={() => setCredited(null)} />}
    </>
  );
}

export default function WalletsPage() {
  const { t } = useText();
  const { data: self } = useSelf();
  return (
    <Shell title={t('nav.wallets')}>
      <main className="page">
        {self?.role === 'admin' ? (
          <>
            <p className="lede">{t('wallets.lede')}</p>
            <AllWallets />
          </>
        ) : self ? (
          <OwnKey self={self} />
        ) : null}
      </main>
    </Shell>
  );
}
