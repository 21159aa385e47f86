import { useText } from '../../text/text.tsx';
import type { RequestRow } from './request-entry.ts';

/** A kind of tokens of a request, and what a million of them costs; null: nothing is known of that. */
interface Part {
  readonly name: string;
  readonly count: number;
  readonly each: number | null;
}

const MILLION = 1_000_000;

function usePartsOf(row: RequestRow): readonly Part[] {
  const { t } = useText();
  const { price, cached_tokens: cached, cache_write_tokens: written, reasoning_tokens: reasoning } = row;
  const parts: readonly Part[] = [
    {
      name: t('requests.promptFresh'),
      count: row.prompt_tokens - cached - written,
      each: price?.input_usd ?? null,
    },
    { name: t('requests.promptCached'), count: cached, each: price?.cached_input_usd ?? null },
    { name: t('requests.promptWritten'), count: written, each: price?.cache_write_usd ?? null },
    { name: t('requests.reasoningTokens'), count: reasoning, each: price?.output_usd ?? null },
    { name: t('requests.answerTokens'), count: row.completion_tokens - reasoning, each: price?.output_usd ?? null },
  ];
  return parts.filter(({ count }) => count > 0);
}

/** What was paid beside the tokens: for the request itself, and for the images, which make up the rest. */
function useOtherCosts(row: RequestRow, parts: readonly Part[]): readonly (readonly [string, number])[] {
  const { t } = useText();
  const { price, cost_usd } = row;
  if (price === null || cost_usd === 0) return [];
  const tokens = parts.reduce((sum, { count, each }) => sum + (count * (each ?? 0)) / MILLION, 0);
  const rest = cost_usd - tokens - price.request_usd;
  const costs: readonly (readonly [string, number])[] = [
    [t('requests.ofRequest'), price.request_usd],
    [t('requests.ofImages'), price.image_usd > 0 ? rest : 0],
  ];
  // A cost is rounded up to a whole millionth of a dollar.
  return costs.filter(([, usd]) => usd > 0.000001);
}

/** What a request used, at which price, and what it cost. */
export function RequestTokens({ row }: { row: RequestRow }) {
  const { t, number, money, price: write } = useText();
  const parts = usePartsOf(row);
  const others = useOtherCosts(row, parts);
  const isPriced = others.length > 0 || parts.some(({ each }) => each !== null && each > 0);
  return (
    <section className="stack-2">
      <h3 className="h3">{t('requests.tokensAndCost')}</h3>
      <table className="plain-t">
        <caption className="sr">{t('requests.tokensAndCost')}</caption>
        <tbody>
          {parts.map(({ name, count, each }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="num">
                {number(count)}
                {isPriced && each !== null ? (
                  <span className="faint"> × {t('requests.perMillion', { price: write(each) })}</span>
                ) : null}
              </td>
              {isPriced ? <td className="num">{each === null ? '–' : money((count * each) / MILLION)}</td> : null}
            </tr>
          ))}
          {others.map(([name, usd]) => (
            <tr key={name}>
              <th scope="row" colSpan={2}>
                {name}
              </th>
              <td className="num">{money(usd)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={isPriced ? 2 : 1}>
              {t('usage.cost')}
              {row.estimated ? ` · ${t('requests.estimated')}` : ''}
            </th>
            <td className="num">
              <strong>{money(row.cost_usd)}</strong>
            </td>
          </tr>
        </tfoot>
      </table>
    </section>
  );
}
