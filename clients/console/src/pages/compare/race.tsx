import type { Answer } from '../../playground/answer.ts';
import { speedOf } from '../../playground/metrics.tsx';
import { useText } from '../../text/text.tsx';

interface Measure {
  readonly name: string;
  /** Null: not known yet. */
  readonly values: readonly (number | null)[];
  readonly best: 'least' | 'most';
  write(value: number): string;
}

interface RaceProps {
  readonly aliases: readonly string[];
  readonly answers: readonly (Answer | undefined)[];
}

function Bars({ aliases, measure: { name, values, best, write } }: { aliases: readonly string[]; measure: Measure }) {
  const known = values.filter((value) => value !== null);
  const most = Math.max(...known, Number.EPSILON);
  const winner = best === 'least' ? Math.min(...known) : most;
  return (
    <table>
      <caption>{name}</caption>
      <tbody>
        {aliases.map((alias, at) => {
          const value = values[at] ?? null;
          return (
            <tr key={`${at}-${alias}`}>
              <th scope="row" title={alias}>
                <span className="truncate">{alias}</span>
              </th>
              <td className="b">
                <svg className="chart" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                  {value === null ? null : (
                    <rect className={value === winner ? 'f1' : 'f5'} width={(value / most) * 100} height="6" rx="1" />
                  )}
                </svg>
              </td>
              <td className="num">{value === null ? '–' : write(value)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Bars that compare the first token, the speed and the cost of the answers. */
export function Race({ aliases, answers }: RaceProps) {
  const { t, milliseconds, number, money } = useText();
  if (answers.every((answer) => answer === undefined)) return null;
  const now = performance.now();
  const each = (read: (answer: Answer) => number | null) =>
    aliases.map((_, at) => {
      const answer = answers[at];
      return answer ? read(answer) : null;
    });
  const measures: readonly Measure[] = [
    {
      name: t('requests.firstToken'),
      values: each(({ firstAt, begunAt }) => (firstAt === null ? null : firstAt - begunAt)),
      best: 'least',
      write: milliseconds,
    },
    {
      name: t('compare.speed'),
      values: each((answer) => speedOf(answer, now)),
      best: 'most',
      write: (value) => `${number(value, 1)}\u00a0${t('metrics.speed')}`,
    },
    { name: t('usage.cost'), values: each(({ costUsd }) => costUsd), best: 'least', write: money },
  ];
  return (
    <div className="race">
      {measures.map((measure) => (
        <Bars key={measure.name} aliases={aliases} measure={measure} />
      ))}
    </div>
  );
}
