import { useText } from '../text/text.tsx';

interface FilterChipsProps<Name extends string> {
  readonly value: Name;
  onChange(value: Name): void;
  /** Each filter with its text and how many fit it; null: that is not known yet. */
  readonly options: readonly (readonly [Name, string, number | null])[];
}

/** Shows only what fits one of a few filters. */
export function FilterChips<Name extends string>({ value, onChange, options }: FilterChipsProps<Name>) {
  const { t, number } = useText();
  return (
    <div className="chips" role="group" aria-label={t('filter.label')}>
      {options.map(([name, text, count]) => (
        <button key={name} type="button" className="chip" aria-pressed={value === name} onClick={() => onChange(name)}>
          {text} {count === null ? null : <span className="n">{number(count)}</span>}
        </button>
      ))}
    </div>
  );
}
