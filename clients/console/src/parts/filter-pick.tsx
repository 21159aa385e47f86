interface FilterPickProps {
  readonly label: string;
  /** What is shown when nothing is chosen. */
  readonly every: string;
  readonly value: string;
  onChange(value: string): void;
  /** What can be chosen, and how it is shown. */
  readonly options: readonly (readonly [string, string])[];
}

/** What stands in the address can be chosen even if there is nothing of it here. */
export function FilterPick({ label, every, value, onChange, options }: FilterPickProps) {
  const isKnown = value === '' || options.some(([name]) => name === value);
  return (
    <select className="input pick" aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">{every}</option>
      {options.map(([name, text]) => (
        <option key={name} value={name}>
          {text}
        </option>
      ))}
      {isKnown ? null : <option>{value}</option>}
    </select>
  );
}
