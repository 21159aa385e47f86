import type { ReactNode } from 'react';
import { Problem } from '../../parts/problem.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { useText } from '../../text/text.tsx';
import { DayChart, type DayChartProps, type Scale } from './day-chart.tsx';
import type { UsageItem } from './usage-item.ts';
import { useDayTimes } from './use-day-times.ts';

interface LineProps {
  readonly className: string;
  readonly values: readonly (number | null)[];
  readonly scale: Scale;
}

/** A line through the days that have a value, each with a dot. Where days have none, the line is interrupted. */
function Line({ className, values, scale: { x, y } }: LineProps) {
  const points = values.flatMap((value, at) => (value === null ? [] : [{ at, cx: x(at), cy: y(value) }]));
  const path = points.map(({ at, cx, cy }) => {
    const isNew = (values[at - 1] ?? null) === null;
    return `${isNew ? 'M' : 'L'}${cx.toFixed(1)} ${cy.toFixed(1)}`;
  });
  return (
    <g className={className}>
      <path d={path.join('')} />
      {points.map(({ at, cx, cy }) => (
        <circle key={at} cx={cx} cy={cy} r={2} />
      ))}
    </g>
  );
}

interface DayChartsProps {
  readonly from: string;
  readonly days: readonly string[];
}

interface PartProps {
  readonly days: readonly string[];
  /** What each day has; undefined: it has no request. */
  readonly items: readonly (UsageItem | undefined)[];
}

interface DayCardProps extends Omit<DayChartProps, 'label' | 'height' | 'finest' | 'lines'> {
  readonly title: string;
  readonly legend?: ReactNode;
}

/** A small chart by day, in a card of its own. */
function DayCard({ title, legend, ...chart }: DayCardProps) {
  return (
    <section className="card">
      <header>
        <h2 className="grow">{title}</h2>
        {legend}
      </header>
      <div className="body">
        <DayChart label={title} height={170} finest={1} lines={2} {...chart} />
      </div>
    </section>
  );
}

function FirstTokenChart({ days, items, p50, p95 }: PartProps & { p50: number | null; p95: number | null }) {
  const { t, milliseconds, percent } = useText();
  const medians = items.map((item) => item?.first_token_p50_ms ?? null);
  const slow = items.map((item) => item?.first_token_p95_ms ?? null);
  const write = (median: number | null, most: number | null) =>
    median === null || most === null
      ? '–'
      : t('usage.medianAnd95', { share: percent(0.95), median: milliseconds(median), most: milliseconds(most) });
  return (
    <DayCard
      title={t('usage.firstTokenChart')}
      legend={
        <p className="legend">
          <span>
            <i className="sw c1" aria-hidden="true" />
            {t('usage.median')}
          </span>
          <span>
            <i className="sw c2" aria-hidden="true" />
            {percent(0.95)}
          </span>
        </p>
      }
      days={days}
      most={Math.max(...slow.map((value) => value ?? 0))}
      tick={milliseconds}
      says={(at) => write(medians[at] ?? null, slow[at] ?? null)}
      summary={write(p50, p95)}
      draw={(scale) => (
        <>
          <Line className="l1" values={medians} scale={scale} />
          <Line className="l2 dash" values={slow} scale={scale} />
        </>
      )}
    />
  );
}

function FailedChart({ days, items }: PartProps) {
  const { t, day, number } = useText();
  const failed = items.map((item) => item?.failed ?? 0);
  const most = Math.max(...failed);
  return (
    <DayCard
      title={t('usage.failedChart')}
      days={days}
      most={most}
      tick={(value) => number(value)}
      says={(at) => number(failed[at] ?? 0)}
      summary={
        most === 0
          ? t('usage.noneFailed')
          : t('usage.worstDay', { count: most, day: day(days[failed.indexOf(most)] ?? '') })
      }
      draw={({ bar, x, y }) =>
        failed.map((value, at) =>
          value > 0 ? (
            <rect key={days[at]} className="fb" x={x(at) - bar / 2} y={y(value)} width={bar} height={y(0) - y(value)} />
          ) : null,
        )
      }
    />
  );
}

/** How long first tokens took, and what failed, by day. */
export default function DayCharts({ from, days }: DayChartsProps) {
  const { data, error } = useDayTimes(from);
  if (error) return <Problem error={error} />;
  if (!data) return <Skeleton />;
  const byDay = new Map(data.items.map((item) => [item.start, item]));
  const items = days.map((start) => byDay.get(start));
  const { first_token_p50_ms: p50 = null, first_token_p95_ms: p95 = null } = data.total;
  return (
    <div className="two">
      <FirstTokenChart days={days} items={items} p50={p50} p95={p95} />
      <FailedChart days={days} items={items} />
    </div>
  );
}
