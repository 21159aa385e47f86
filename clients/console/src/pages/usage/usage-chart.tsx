import { useText } from '../../text/text.tsx';
import { sumBy } from './sum-by.ts';
import type { Dimension, Measure, UsageItem } from './usage-page.tsx';

interface UsageChartProps {
  readonly items: readonly UsageItem[];
  readonly by: Dimension;
  readonly measure: Measure;
  nameOf(value: string | null): string;
}

const WIDTH = 1080;
const HEIGHT = 200;
const LEFT = 64;
const TOP = 12;
/** What has a colour of its own; the rest is one. */
const SERIES = 4;

/** About how many lines the chart has. */
const LINES = 4;

/** The least number that is 1, 2 or 5 times a power of ten and is not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((one) => one * power >= least * 0.999) ?? 10;
  return factor * power;
}

const measured = (item: UsageItem, measure: Measure): number =>
  measure === 'tokens' ? item.prompt_tokens + item.completion_tokens : item[measure];

/** Bars a day, one colour a series: the geometry is in attributes, so that no style is inline. */
export default function UsageChart({ items, by, measure, nameOf }: UsageChartProps) {
  const { t, day, shortDay, money, price, number, compact } = useText();
  const write = (value: number) => (measure === 'cost_usd' ? money(value) : number(value));
  const names = sumBy(items, by)
    .slice(0, SERIES)
    .map(({ name }) => name);
  const seriesOf = (item: UsageItem) => {
    const at = names.indexOf(item[by] ?? null);
    return at < 0 ? SERIES : at;
  };
  const days = new Map<string, number[]>();
  for (const item of items) {
    const start = item.start ?? '';
    const values = days.get(start) ?? Array.from({ length: SERIES + 1 }, () => 0);
    const at = seriesOf(item);
    values[at] = (values[at] ?? 0) + measured(item, measure);
    days.set(start, values);
  }
  const totals = [...days.values()].map((values) => values.reduce((sum, value) => sum + value, 0));
  const gap = niceStep(Math.max(...totals, measure === 'cost_usd' ? 1e-6 : 1) / LINES);
  const lines = Math.max(1, Math.ceil(Math.max(...totals) / gap));
  const most = gap * lines;
  const step = (WIDTH - LEFT) / Math.max(days.size, 1);
  const bar = Math.min(36, step * 0.64);
  const heightOf = (value: number) => (value / most) * (HEIGHT - TOP);
  const labelled = Math.ceil(days.size / 8);
  const others = items.some((item) => seriesOf(item) === SERIES);
  return (
    <div className="stack">
      <div className="scroll" tabIndex={0} role="region" aria-label={t('usage.chart', { by: t(`usage.by.${by}`) })}>
        <svg
          className="chart wide"
          viewBox={`0 0 ${WIDTH} ${HEIGHT + 30}`}
          role="img"
          aria-label={t('usage.chartSays')}
        >
          {Array.from({ length: lines + 1 }, (_, line) => line * gap).map((value) => (
            <g key={value}>
              <line className="g" x1={LEFT} x2={WIDTH} y1={HEIGHT - heightOf(value)} y2={HEIGHT - heightOf(value)} />
              <text x={LEFT - 8} y={HEIGHT - heightOf(value) + 4} textAnchor="end">
                {measure === 'cost_usd' ? price(Number(value.toPrecision(6))) : compact(value)}
              </text>
            </g>
          ))}
          {[...days].map(([start, values], column) => {
            const x = LEFT + column * step + (step - bar) / 2;
            let top = HEIGHT;
            return (
              <g key={start}>
                <title>{`${day(start)}: ${write(totals[column] ?? 0)}`}</title>
                {values.map((value, series) => {
                  const height = heightOf(value);
                  top -= height;
                  return value > 0 ? (
                    <rect key={series} className={`f${series + 1}`} x={x} y={top} width={bar} height={height} />
                  ) : null;
                })}
                {column % labelled === 0 ? (
                  <text x={x + bar / 2} y={HEIGHT + 20} textAnchor="middle">
                    {shortDay(start)}
                  </text>
                ) : null}
              </g>
            );
          })}
        </svg>
      </div>
      <p className="legend">
        {names.map((name, at) => (
          <span key={name ?? ''}>
            <i className={`sw c${at + 1}`} aria-hidden="true" />
            {nameOf(name)}
          </span>
        ))}
        {others ? (
          <span>
            <i className={`sw c${SERIES + 1}`} aria-hidden="true" />
            {t('usage.others')}
          </span>
        ) : null}
      </p>
    </div>
  );
}
