import { useText } from '../../text/text.tsx';

/** From which share of a budget it is worth a look, and from which one it is nearly gone. */
const MUCH = 0.75;
const NEARLY = 0.95;

interface SpendProps {
  readonly spent: number;
  /** Null: there is none. */
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
