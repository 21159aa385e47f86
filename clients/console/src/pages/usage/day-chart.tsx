import { type KeyboardEvent, type ReactNode, useLayoutEffect, useRef, useState } from 'react';
import { useText } from '../../text/text.tsx';
import { type Range, toLines } from './chart-scale.ts';

/** Where the values of a day are drawn. */
export interface Scale {
  /** How wide a bar is. */
  readonly bar: number;
  /** The middle of a day. */
  x(day: number): number;
  y(value: number): number;
}

export interface DayChartProps extends Range {
  readonly label: string;
  readonly days: readonly string[];
  readonly height: number;
  /** The text of a value beside its line. */
  tick(value: number): string;
  /** What a day says, after its name, to whoever points at it or goes to it with the arrow keys. */
  says(day: number): string;
  /** What is said while no day is chosen. */
  readonly summary: string;
  draw(scale: Scale): ReactNode;
}

const TOP = 12;
/** Below the chart, for the names of the days. */
const BOTTOM = 24;
/** About how wide a digit of the labels is. */
const DIGIT = 6.2;
/** How wide the name of a day is, with the space beside it. */
const DAY_NAME = 72;

/** The width of an element: the chart has the size of its place, so that its labels have theirs at every width. */
function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const place = ref.current;
    if (!place) return;
    const measure = () => setWidth(place.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(place);
    return () => observer.disconnect();
  }, []);
  return [ref, width] as const;
}

const moves: Readonly<Record<string, (day: number, last: number) => number>> = {
  ArrowLeft: (day) => day - 1,
  ArrowRight: (day) => day + 1,
  ArrowDown: (day) => day - 1,
  ArrowUp: (day) => day + 1,
  Home: () => 0,
  End: (_, last) => last,
};

/** Where everything of a chart stands. */
interface Layout {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly floor: number;
  /** The width of a day. */
  readonly step: number;
  /** One day of so many has its name below the chart. */
  readonly named: number;
  readonly lines: readonly number[];
  readonly scale: Scale;
}

function layOut(props: DayChartProps, width: number): Layout {
  const { days, height, tick } = props;
  const lines = toLines(props);
  const top = lines.at(-1) ?? 1;
  const left = 10 + DIGIT * Math.max(...lines.map((value) => tick(value).length));
  const step = (width - left) / days.length;
  const floor = height - BOTTOM;
  const scale: Scale = {
    bar: Math.min(36, step * 0.64),
    x: (at) => left + (at + 0.5) * step,
    y: (value) => floor - (value / top) * (floor - TOP),
  };
  const named = Math.ceil(days.length / Math.max(2, Math.floor((width - left) / DAY_NAME)));
  return { width, height, left, floor, step, named, lines, scale };
}

function Grid({ layout: { lines, left, width, scale }, tick }: { layout: Layout; tick: DayChartProps['tick'] }) {
  return lines.map((value) => (
    <g key={value}>
      <line className="g" x1={left} x2={width} y1={scale.y(value)} y2={scale.y(value)} />
      <text x={left - 8} y={scale.y(value) + 4} textAnchor="end">
        {tick(value)}
      </text>
    </g>
  ));
}

interface DaysProps {
  readonly layout: Layout;
  readonly days: readonly string[];
  onPoint(day: number): void;
}

/** The names of the days, and the places where they are pointed at. */
function Days({ layout: { named, width, height, step, scale }, days, onPoint }: DaysProps) {
  const { shortDay } = useText();
  const last = days.length - 1;
  return days.map((start, at) => (
    <g key={start}>
      {(last - at) % named === 0 ? (
        <text x={Math.min(scale.x(at), width - 20)} y={height - 6} textAnchor="middle">
          {shortDay(start)}
        </text>
      ) : null}
      <rect
        className="hit"
        x={scale.x(at) - step / 2}
        y={0}
        width={step}
        height={height}
        onPointerEnter={() => onPoint(at)}
      />
    </g>
  ));
}

interface DrawingProps {
  readonly chart: DayChartProps;
  readonly width: number;
  /** The day that is pointed at; null: none. */
  readonly day: number | null;
  onPoint(day: number): void;
}

function Drawing({ chart, width, day, onPoint }: DrawingProps) {
  const layout = layOut(chart, width);
  const { height, floor, step, scale } = layout;
  return (
    <svg className="chart" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {day === null ? null : (
        <rect className="chosen" x={scale.x(day) - step / 2} y={TOP} width={step} height={floor - TOP} />
      )}
      <Grid layout={layout} tick={chart.tick} />
      {chart.draw(scale)}
      <Days layout={layout} days={chart.days} onPoint={onPoint} />
    </svg>
  );
}

/** A chart by day. The geometry is in attributes, because the page allows no inline styles. */
export function DayChart(props: DayChartProps) {
  const { label, days, says, summary } = props;
  const { day: writeDay } = useText();
  const [ref, width] = useWidth();
  const [chosen, setChosen] = useState<number | null>(null);
  const last = days.length - 1;
  const day = chosen === null ? null : Math.min(chosen, last);
  const text = day === null ? summary : `${writeDay(days[day] ?? '')}: ${says(day)}`;

  function onKeyDown(event: KeyboardEvent) {
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    setChosen(Math.max(0, Math.min(last, move(day ?? last + 1, last))));
  }
  return (
    <div
      ref={ref}
      className="day-chart"
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={day ?? last}
      aria-valuetext={text}
      onKeyDown={onKeyDown}
      onBlur={() => setChosen(null)}
      onPointerLeave={() => setChosen(null)}
    >
      {width > 0 ? <Drawing chart={props} width={width} day={day} onPoint={setChosen} /> : null}
      <p className="small says">{text}</p>
    </div>
  );
}
