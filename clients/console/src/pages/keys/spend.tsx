import { useText } from '../../text/text.tsx';

/** The share of a budget from which the bar is a warning, and the one from which the budget is nearly spent. */
const MUCH = 0.75;
const NEARLY = 0.95;

interface SpendProps {
  readonly spent: number;
  /** Null: the key has no budget. */
  readonly budget: number | null;
}

/** What was spent, and how much of the budget that is. */
export function Spend({ spent, budget }: SpendProps) {
  const { t, money, price } = useText();
  const share = budget === null || budget === 0 ? 0 : Math.min(1, spent / budget);
  const kind = share >= NEARLY ? ' bad' : share >= MUCH ? ' warn' : '';
  return (
    <div className="spend">
      <span className="small tnum nowrap">
        <strong>{money(spent)}</strong>{' '}
        {budget === null ? null : <span className="faint">{t('keys.of', { money: price(budget) })}</span>}
      </span>
      {budget === null ? null : (
        <svg className={`chart meter-bar${kind}`} viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
          <rect className="of" width="100" height="4" rx="2" />
          <rect className="is" width={share * 100} height="4" rx="2" />
        </svg>
      )}
    </div>
  );
}
