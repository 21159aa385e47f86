import { MeterBar } from '../../parts/meter-bar.tsx';
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
  const share = budget === null || budget === 0 ? 0 : spent / budget;
  const kind = share >= NEARLY ? 'bad' : share >= MUCH ? 'warn' : undefined;
  return (
    <div className="spend">
      <span className="small tnum nowrap">
        <strong>{money(spent)}</strong>{' '}
        {budget === null ? null : <span className="faint">{t('keys.of', { money: price(budget) })}</span>}
      </span>
      {budget === null ? null : <MeterBar share={share} kind={kind} />}
    </div>
  );
}
