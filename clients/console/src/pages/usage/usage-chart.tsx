import { useText } from '../../text/text.tsx';
import { DayChart } from './day-chart.tsx';
import type { Dimension, Measure, UsageItem } from './usage-item.ts';
import { seriesOf } from './usage-series.ts';

interface UsageChartProps {
  readonly days: readonly string[];
  readonly items: readonly UsageItem[];
  readonly by: Dimension;
  readonly measure: Measure;
  nameOf(value: string | null): string;
}

const measured = (item: UsageItem, measure: Measure): number =>
  measure === 'tokens' ? item.prompt_tokens + item.completion_tokens : item[measure];

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Stacked bars by day, in one colour for each series. */
export default function UsageChart({ days, items, by, measure, nameOf }: UsageChartProps) {
  const { t, money, price, number, compact } = useText();
  const isMoney = measure === 'cost_usd';
  const write = (value: number) => (isMoney ? money(value) : number(value));
  const { names, placeOf } = seriesOf(items, by);
  const hasOthers = items.some((item) => placeOf(item[by] ?? null) === names.length);
  const labels = [...names.map(nameOf), ...(hasOthers ? [t('usage.others')] : [])];
  const values = new Map(days.map((start) => [start, labels.map(() => 0)]));
  for (const item of items) {
    const ofDay = values.get(item.start ?? '');
    const at = placeOf(item[by] ?? null);
    if (ofDay) ofDay[at] = (ofDay[at] ?? 0) + measured(item, measure);
  }
  const columns = [...values.values()];
  const totals = columns.map(sum);
  function says(at: number): string {
    const parts = columns[at]?.flatMap((value, series) => (value > 0 ? `${labels[series]} ${write(value)}` : [])) ?? [];
    const all = write(totals[at] ?? 0);
    return parts.length > 1 ? `${all} (${parts.join(', ')})` : all;
  }
  return (
    <div className="stack-2">
      <DayChart
        label={t('usage.chart', { by: t(`usage.by.${by}`) })}
        days={days}
        height={230}
        most={Math.max(...totals)}
        finest={isMoney ? 1e-6 : 1}
        lines={4}
        tick={isMoney ? price : compact}
        says={says}
        summary={`${t('usage.total')}: ${write(sum(items.map((item) => measured(item, measure))))}`}
        draw={({ bar, x, y }) =>
          columns.map((ofDay, at) => {
            let below = 0;
            return (
              <g key={days[at]}>
                {ofDay.map((value, series) => {
                  below += value;
                  return value > 0 ? (
                    <rect
                      key={series}
                      className={`f${series + 1}`}
                      x={x(at) - bar / 2}
                      y={y(below)}
                      width={bar}
                      height={y(below - value) - y(below)}
                    />
                  ) : null;
                })}
              </g>
            );
          })
        }
      />
      <p className="legend">
        {labels.map((label, at) => (
          <span key={label}>
            <i className={`sw c${at + 1}`} aria-hidden="true" />
            {label}
          </span>
        ))}
      </p>
    </div>
  );
}
