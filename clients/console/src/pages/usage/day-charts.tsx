import { Problem } from '../../parts/problem.tsx';
import { useText } from '../../text/text.tsx';
import { DayChart, type Scale } from './day-chart.tsx';
import { useDayTimes } from './use-day-times.ts';

type Item = NonNullable<ReturnType<typeof useDayTimes>['data']>['items'][number];

const HEIGHT = 170;
const LINES = 2;

/** A line through the days that have a value. Where days have none, it is interrupted; a day alone is a dot. */
function toPath(values: readonly (number | null)[], { x, y }: Scale): string {
  return values
    .map((value, at) => {
      if (value === null) return '';
      const isNew = (values[at - 1] ?? null) === null;
      return `${isNew ? 'M' : 'L'}${x(at).toFixed(1)} ${y(value).toFixed(1)}${isNew ? 'h0' : ''}`;
    })
    .join('');
}

interface DayChartsProps {
  readonly from: string;
  readonly days: readonly string[];
}

interface PartProps {
  readonly days: readonly string[];
  /** What each day has; undefined: it has no request. */
  readonly items: readonly (Item | undefined)[];
}

function FirstTokenChart({ days, items, p50, p95 }: PartProps & { p50: number | null; p95: number | null }) {
  const { t, day, milliseconds } = useText();
  const medians = items.map((item) => item?.first_token_p50_ms ?? null);
  const slow = items.map((item) => item?.first_token_p95_ms ?? null);
  const write = (median: number | null, most: number | null) =>
    median === null || most === null
      ? '–'
      : t('usage.medianAnd95', { median: milliseconds(median), most: milliseconds(most) });
  return (
    <section className="card">
      <header>
        <h2 className="grow">{t('usage.firstTokenChart')}</h2>
        <p className="legend">
          <span>
            <i className="sw c1" aria-hidden="true" />
            {t('usage.median')}
          </span>
          <span>
            <i className="sw c2" aria-hidden="true" />
            {t('usage.p95')}
          </span>
        </p>
      </header>
      <div className="body">
        <DayChart
          label={t('usage.firstTokenChart')}
          days={days}
          height={HEIGHT}
          most={Math.max(...slow.map((value) => value ?? 0))}
          finest={1}
          lines={LINES}
          tick={milliseconds}
          says={(at) => `${day(days[at] ?? '')}: ${write(medians[at] ?? null, slow[at] ?? null)}`}
          summary={write(p50, p95)}
          draw={(scale) => (
            <>
              <path className="l1" d={toPath(medians, scale)} />
              <path className="l2 dash" d={toPath(slow, scale)} />
            </>
          )}
        />
      </div>
    </section>
  );
}

function FailedChart({ days, items }: PartProps) {
  const { t, day, number } = useText();
  const failed = items.map((item) => item?.failed ?? 0);
  const most = Math.max(...failed);
  return (
    <section className="card">
      <header>
        <h2 className="grow">{t('usage.failedChart')}</h2>
      </header>
      <div className="body">
        <DayChart
          label={t('usage.failedChart')}
          days={days}
          height={HEIGHT}
          most={most}
          finest={1}
          lines={LINES}
          tick={(value) => number(value)}
          says={(at) => `${day(days[at] ?? '')}: ${number(failed[at] ?? 0)}`}
          summary={
            most === 0
              ? t('usage.noneFailed')
              : t('usage.worstDay', { count: number(most), day: day(days[failed.indexOf(most)] ?? '') })
          }
          draw={({ bar, x, y }) =>
            failed.map((value, at) =>
              value > 0 ? (
                <rect
                  key={days[at]}
                  className="fb"
                  x={x(at) - bar / 2}
                  y={y(value)}
                  width={bar}
                  height={y(0) - y(value)}
                />
              ) : null,
            )
          }
        />
      </div>
    </section>
  );
}

/** How long first tokens took, and what failed, by day. */
export default function DayCharts({ from, days }: DayChartsProps) {
  const { data, error } = useDayTimes(from);
  if (error) return <Problem error={error} />;
  if (!data) return <div className="skel" />;
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
