import { useQuery } from '@tanstack/react-query';
import { useGateway } from '../../app/session.tsx';
import { useText } from '../../text/text.tsx';
import { daysAgo } from './usage-days.ts';
import type { UsageTotal } from './usage-item.ts';
import { useDayTimes } from './use-day-times.ts';

interface UsageKpisProps {
  readonly total: UsageTotal;
  readonly from: string;
  readonly days: number;
}

/** What the same number of days cost before; null: it is not known, or they cost nothing. */
function useCostBefore({ from, days }: UsageKpisProps): number | null {
  const gateway = useGateway();
  const before = daysAgo(2 * days - 1);
  const { data } = useQuery({
    queryKey: ['usage-before', before, from],
    queryFn: () => gateway.api.usage.report.query({ from: before, to: from, bucket: 'all' }),
  });
  return data && data.total.cost_usd > 0 ? data.total.cost_usd : null;
}

/** The four numbers that a reader wants first. */
export function UsageKpis(props: UsageKpisProps) {
  const { total, from, days } = props;
  const { t, number, compact, money, milliseconds, percent, change } = useText();
  const { requests, failed, prompt_tokens, completion_tokens, cached_tokens, cost_usd } = total;
  const before = useCostBefore(props);
  const times = useDayTimes(from).data?.total;
  const p50 = times?.first_token_p50_ms ?? null;
  const p95 = times?.first_token_p95_ms ?? null;
  return (
    <dl className="kpis">
      <div className="kpi">
        <dt>{t('usage.cost')}</dt>
        <dd className="v">{money(cost_usd)}</dd>
        {before === null ? null : (
          <dd className="d">{t('usage.change', { change: change(cost_usd / before - 1), count: days })}</dd>
        )}
      </div>
      <div className="kpi">
        <dt>{t('usage.requests')}</dt>
        <dd className="v">{number(requests)}</dd>
        <dd className="d">
          {t('usage.failed', { count: failed, share: percent(requests === 0 ? 0 : failed / requests) })}
        </dd>
      </div>
      <div className="kpi">
        <dt>{t('usage.tokens')}</dt>
        <dd className="v">{compact(prompt_tokens + completion_tokens)}</dd>
        <dd className="d">
          {t('usage.inOut', {
            input: compact(prompt_tokens),
            cached: percent(prompt_tokens === 0 ? 0 : cached_tokens / prompt_tokens),
            output: compact(completion_tokens),
          })}
        </dd>
      </div>
      <div className="kpi">
        <dt>{t('usage.first_token_p50_ms')}</dt>
        <dd className="v">{p50 === null ? '–' : milliseconds(p50)}</dd>
        {p95 === null ? null : (
          <dd className="d">{t('usage.within95', { share: percent(0.95), time: milliseconds(p95) })}</dd>
        )}
      </div>
    </dl>
  );
}
