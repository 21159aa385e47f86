import { toAppError } from '../../errors/to-wire.ts';
import type { AnsweredCall } from '../../features/access/answered-call.ts';
import type { Attempt } from '../../features/access/attempt.ts';
import type { EndedRequest } from '../../features/metering/meter.ts';
import type { Observer } from '../observer.ts';
import type { Alerts } from './alerts.ts';
import type { MoneyWatch } from './watch-money.ts';

/** Matches a refusal that is about our key, and not about the model's name. */
const ABOUT_KEY = /\b40[13]\b|api[ _]?key|authenticat|unauthorized|permission/i;

const wordsOf = ({ failure }: Attempt): string =>
  failure?.cause instanceof Error ? failure.cause.message : (failure?.message ?? '');

/** Raises alerts for what is seen when requests end. */
export class AlertingObserver implements Observer {
  readonly #alerts: Alerts;
  readonly #money: MoneyWatch;

  constructor(alerts: Alerts, money: MoneyWatch) {
    this.#alerts = alerts;
    this.#money = money;
  }

  ended({ row, attempts, endUser }: EndedRequest): void {
    for (const attempt of attempts) if (attempt.outcome === 'upstream_refused') this.#judgeRefusal(attempt);
    const { owner, keyId, cost } = row;
    if (owner !== null && (cost > 0 || endUser)) this.#money.spent({ owner, keyId, userId: endUser?.id });
  }

  /** A request of somebody without money ends here: no meter counts it. */
  answered({ failure, principal }: AnsweredCall): void {
    if (failure === undefined || principal?.owner == null) return;
    const { code } = toAppError(failure);
    const { owner, keyId } = principal;
    if (code === 'insufficient_balance') this.#money.spent({ owner, keyId: null });
    if (code === 'budget_exhausted') this.#money.exhausted({ owner, keyId });
  }

  #judgeRefusal(attempt: Attempt): void {
    if (!ABOUT_KEY.test(wordsOf(attempt))) return;
    const [provider = ''] = attempt.backend.split('/');
    this.#alerts.raise({
      type: 'provider.key_refused',
      subject: provider,
      text: `The provider '${provider}' refuses the key of the gateway. Check its api_key_env or api_key_file.`,
      data: { provider, backend: attempt.backend },
    });
  }
}
