import { useText } from '../../text/text.tsx';
import type { ApiKey } from './api-key.ts';

/** What a key is held to, in words. */
export function useLimits(): (key: ApiKey) => string {
  const { t, money } = useText();
  return (key) =>
    [
      key.requests_per_minute === null ? [] : t('keys.perMinute', { count: key.requests_per_minute }),
      key.tokens_per_minute === null ? [] : t('keys.tokensPerMinute', { count: key.tokens_per_minute }),
      key.concurrent_requests === null ? [] : t('keys.atOnce', { count: key.concurrent_requests }),
      key.daily_budget_usd === null ? [] : t('keys.aDay', { money: money(key.daily_budget_usd) }),
      key.monthly_budget_usd === null ? [] : t('keys.aMonth', { money: money(key.monthly_budget_usd) }),
    ]
      .flat()
      .join(' · ') || t('request.none');
}
