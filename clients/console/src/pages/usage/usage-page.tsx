import { useQuery } from '@tanstack/react-query';
import { ChartColumn } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { Link } from 'wouter';
import { useGateway } from '../../app/session.tsx';
import { Shell } from '../../app/shell.tsx';
import { CsvButton } from '../../parts/csv-button.tsx';
import { DataTable, numeric } from '../../parts/data-table.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Segments } from '../../parts/segments.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { useText } from '../../text/text.tsx';
import { sumBy } from './sum-by.ts';
import { daysAgo, daysSince } from './usage-days.ts';
import { type Dimension, type Measure, measures, type UsageItem, type UsageTotal } from './usage-item.ts';
import { UsageKpis } from './usage-kpis.tsx';
import { seriesOf } from './usage-series.ts';
import { UsageErrors, UsageTimes } from './usage-times.tsx';

const UsageChart = lazy(() => import('./usage-chart.tsx'));
const DayCharts = lazy(() => import('./day-charts.tsx'));

const measureNames = { cost_usd: 'usage.cost', tokens: 'usage.tokens', requests: 'usage.requests' } as const;

interface TableProps {
  readonly items: readonly UsageItem[];
  readonly total: UsageTotal;
  readonly by: Dimension;
  nameOf(value: string | null): string;
}

function UsageTable({ items, total, by, nameOf }: TableProps) {
  const { t, number, money } = useText();
  const rows = sumBy(items, by);
  const { placeOf } = seriesOf(items, by);
  return (
    <div className="card">
      <DataTable
        caption={t('usage.tableOf', { by: t(`usage.by.${by}`) })}
        columns={[
          { head: t(`usage.by.${by}`) },
          numeric(t('usage.requests')),
          numeric(t('usage.failedShort')),
          numeric(t('usage.in')),
          numeric(t('usage.out')),
          numeric(t('usage.cost')),
        ]}
        foot={
          <tr>
            <td>{t('usage.total')}</td>
            <td className="num" data-th={t('usage.requests')}>
              {number(total.requests)}
            </td>
            <td className="num" data-th={t('usage.failedShort')}>
              {number(total.failed)}
            </td>
            <td className="num" data-th={t('usage.in')}>
              {number(total.prompt_tokens)}
            </td>
            <td className="num" data-th={t('usage.out')}>
              {number(total.completion_tokens)}
            </td>
            <td className="num" data-th={t('usage.cost')}>
              {money(total.cost_usd)}
            </td>
          </tr>
        }
      >
        {rows.map((row) => (
          <tr key={row.name ?? ''}>
            <td>
              <span className="row">
                <i className={`sw c${placeOf(row.name) + 1}`} aria-hidden="true" />
                {nameOf(row.name)}
              </span>
            </td>
            <td className="num" data-th={t('usage.requests')}>
              {number(row.requests)}
            </td>
            <td className="num" data-th={t('usage.failedShort')}>
              {number(row.failed)}
            </td>
            <td className="num" data-th={t('usage.in')}>
              {number(row.prompt)}
            </td>
            <td className="num" data-th={t('usage.out')}>
              {number(row.completion)}
            </td>
            <td className="num" data-th={t('usage.cost')}>
              {money(row.cost)}
            </td>
          </tr>
        ))}
      </DataTable>
    </div>
  );
}

/** What was used, by day, and by what it is kept apart. The sums are those of the gateway. */
export default function UsagePage() {
  const { t } = useText();
  const gateway = useGateway();
  const [days, setDays] = useState<'7' | '30' | '90'>('30');
  const [by, setBy] = useState<Dimension>('model');
  const [measure, setMeasure] = useState<Measure>('cost_usd');
  // Today is one of the days.
  const from = daysAgo(Number(days) - 1);
  const { data, error } = useQuery({
    queryKey: ['usage', from, by],
    queryFn: () => gateway.api.usage.report.query({ from, bucket: 'day', by }),
  });
  const keyNames = new Map(data?.items.map(({ key_id, key_name }) => [key_id, key_name]));
  const nameOf = (value: string | null) => keyNames.get(value) ?? value ?? t('nav.administrator');
  return (
    <Shell
      title={t('nav.usage')}
      bar={
        <>
          <span className="grow" />
          <Link className="btn ghost wide-only" to="/console/requests">
            {t('usage.single')}
          </Link>
          <CsvButton name={`usage-${from}.csv`} rows={data?.items ?? []} />
        </>
      }
    >
      <main className="page">
        <div className="row wrap filters">
          <Segments<'7' | '30' | '90'>
            label={t('usage.days')}
            value={days}
            onChange={setDays}
            options={[
              ['7', t('usage.lastDays', { count: 7 })],
              ['30', t('usage.lastDays', { count: 30 })],
              ['90', t('usage.lastDays', { count: 90 })],
            ]}
          />
          <Segments<Dimension>
            label={t('usage.apart')}
            value={by}
            onChange={setBy}
            options={[
              ['model', t('usage.by.model')],
              ['key_id', t('usage.by.key_id')],
              ['owner', t('usage.by.owner')],
              ['provider', t('usage.by.provider')],
            ]}
          />
          <span className="grow" />
          <span className="small faint wide-only">{t('usage.utc')}</span>
        </div>
        {error ? <Problem error={error} /> : null}
        {data?.truncated ? <p className="note warn">{t('usage.truncated')}</p> : null}
        {!data && !error ? <Skeleton /> : null}
        {data ? (
          <>
            <UsageKpis total={data.total} from={from} days={Number(days)} />
            {data.items.length === 0 ? (
              <div className="card empty">
                <ChartColumn className="i" aria-hidden="true" />
                <h2>{t('usage.empty')}</h2>
                <p>{t('usage.emptyText')}</p>
                <Link className="btn" to="/playground">
                  {t('nav.playground')}
                </Link>
              </div>
            ) : (
              <>
                <section className="card">
                  <header>
                    <h2 className="grow">{t('usage.perDay', { measure: t(measureNames[measure]) })}</h2>
                    <Segments<Measure>
                      label={t('usage.measure')}
                      value={measure}
                      onChange={setMeasure}
                      options={measures.map((name) => [name, t(measureNames[name])])}
                    />
                  </header>
                  <div className="body">
                    <Suspense fallback={<Skeleton />}>
                      <UsageChart days={daysSince(from)} items={data.items} by={by} measure={measure} nameOf={nameOf} />
                    </Suspense>
                  </div>
                </section>
                <Suspense fallback={<Skeleton />}>
                  <DayCharts from={from} days={daysSince(from)} />
                </Suspense>
                <UsageTable items={data.items} total={data.total} by={by} nameOf={nameOf} />
                <UsageTimes from={from} by={by} nameOf={nameOf} />
                <UsageErrors from={from} />
              </>
            )}
          </>
        ) : null}
      </main>
    </Shell>
  );
}
