import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { useGateway } from '../../app/session.tsx';
import { DataTable, numeric } from '../../parts/data-table.tsx';
import { hasFailed } from '../../parts/outcome.ts';
import { Problem } from '../../parts/problem.tsx';
import { Segments } from '../../parts/segments.tsx';
import { useText } from '../../text/text.tsx';
import type { Dimension } from './usage-item.ts';
import { useDayTimes } from './use-day-times.ts';

interface UsageTimesProps {
  readonly from: string;
  readonly by: Dimension;
  nameOf(value: string | null): string;
}

/** Medians and 95th percentiles, by day or by what the page keeps apart. */
export function UsageTimes({ from, by, nameOf }: UsageTimesProps) {
  const { t, number, percent, milliseconds, day } = useText();
  const gateway = useGateway();
  const [apart, setApart] = useState<'same' | 'day'>('same');
  const byDay = useDayTimes(from);
  const bySame = useQuery({
    queryKey: ['usage-times', from, by],
    queryFn: () => gateway.api.usage.report.query({ from, bucket: 'all', by, percentiles: true }),
  });
  const { data, error } = apart === 'day' ? byDay : bySame;
  const ms = (value: number | null | undefined) => (value == null ? '–' : milliseconds(value));
  const heading = apart === 'day' ? t('usage.day') : t(`usage.by.${by}`);
  const columns = ['first_token_p50_ms', 'first_token_p95_ms', 'latency_p50_ms', 'latency_p95_ms'] as const;
  return (
    <section className="card">
      <header>
        <h2 className="grow">{t('usage.times')}</h2>
        <Segments<'same' | 'day'>
          label={t('usage.apart')}
          value={apart}
          onChange={setApart}
          options={[
            ['same', t(`usage.by.${by}`)],
            ['day', t('usage.day')],
          ]}
        />
      </header>
      {error ? <Problem error={error} /> : null}
      <DataTable
        flat
        loading={!data && !error}
        caption={t('usage.timesOf', { by: heading })}
        columns={[
          { head: heading },
          numeric(t('usage.requests')),
          ...columns.map((name) => numeric(t(`usage.${name}`, { share: percent(0.95) }))),
        ]}
      >
        {(data?.items ?? []).map((item, at) => (
          <tr key={at}>
            <td>{apart === 'day' ? day(item.start ?? '') : nameOf(item[by] ?? null)}</td>
            <td className="num" data-th={t('usage.requests')}>
              {number(item.requests)}
            </td>
            {columns.map((name) => (
              <td key={name} className="num" data-th={t(`usage.${name}`, { share: percent(0.95) })}>
                {ms(item[name])}
              </td>
            ))}
          </tr>
        ))}
      </DataTable>
    </section>
  );
}

/** What requests failed with, the most frequent first; each leads to its requests. */
export function UsageErrors({ from }: { from: string }) {
  const { t, number, percent } = useText();
  const gateway = useGateway();
  const { data, error } = useQuery({
    queryKey: ['usage-errors', from],
    queryFn: () => gateway.api.usage.report.query({ from, bucket: 'all', by: 'outcome' }),
  });
  if (error) return <Problem error={error} />;
  const failures = (data?.items ?? [])
    .filter(({ outcome }) => hasFailed(outcome ?? ''))
    .sort((a, b) => b.requests - a.requests);
  if (!data || failures.length === 0) return null;
  return (
    <section className="card">
      <header>
        <h2>{t('usage.errors')}</h2>
      </header>
      <DataTable
        flat
        caption={t('usage.errors')}
        columns={[{ head: t('requests.outcome') }, numeric(t('usage.requests')), numeric(t('usage.share'))]}
      >
        {failures.map(({ outcome, requests }) => (
          <tr key={outcome}>
            <td>
              <Link to={`/console/requests?outcome=${encodeURIComponent(outcome ?? '')}`}>
                <code>{outcome}</code>
              </Link>
            </td>
            <td className="num" data-th={t('usage.requests')}>
              {number(requests)}
            </td>
            <td className="num" data-th={t('usage.share')}>
              {percent(requests / Math.max(data.total.requests, 1))}
            </td>
          </tr>
        ))}
      </DataTable>
    </section>
  );
}
