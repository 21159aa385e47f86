import { useText } from '../text/text.tsx';

interface PagerProps {
  readonly offset: number;
  readonly page: number;
  /** How many items the current page has. */
  readonly shown: number;
  onChange(offset: number): void;
}

export function Pager({ offset, page, shown, onChange }: PagerProps) {
  const { t, number } = useText();
  const first = offset === 0;
  const last = shown < page;
  if (first && last) return null;
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
      </span>
      <button type="button" className="btn small" aria-disabled={last} onClick={() => !last && onChange(offset + page)}>
        {t('common.older')}
      </button>
    </nav>
  );
}
