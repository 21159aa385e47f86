import { useText } from '../text/text.tsx';

interface PagerProps {
  readonly offset: number;
  readonly page: number;
  /** How many items the current page has. */
  readonly shown: number;
  /** How many there are in all, and what they come to; null: that is not known. */
  readonly total?: string | null;
  onChange(offset: number): void;
}

export function Pager({ offset, page, shown, total = null, onChange }: PagerProps) {
  const { t, number } = useText();
  const first = offset === 0;
  const last = shown < page;
  if (first && last) return total === null ? null : <p className="small faint tnum">{total}</p>;
  return (
    <nav className="row" aria-label={t('common.pages')}>
      <button
        type="button"
        className="btn small"
        aria-disabled={first}
        onClick={() => !first && onChange(Math.max(0, offset - page))}
      >
        {t('common.newer')}
      </button>
      <span className="small faint tnum">
        {number(offset + 1)}–{number(offset + shown)}
        {total === null ? null : ` · ${total}`}
      </span>
      <button type="button" className="btn small" aria-disabled={last} onClick={() => !last && onChange(offset + page)}>
        {t('common.older')}
      </button>
    </nav>
  );
}
