import { Search } from 'lucide-react';
import type { KeyboardEvent } from 'react';

interface SearchFieldProps {
  readonly label: string;
  /** Default: the label. */
  readonly placeholder?: string;
  readonly className?: string;
  readonly value: string;
  onChange(value: string): void;
  onKeyDown?(event: KeyboardEvent): void;
}

/** Finds by words, as they are typed. The key `/` leads to the first one of a page. */
export function SearchField({
  label,
  placeholder = label,
  className = '',
  value,
  onChange,
  ...rest
}: SearchFieldProps) {
  return (
    <label className={`search ${className}`}>
      <Search className="i" aria-hidden="true" />
      <span className="sr">{label}</span>
      <input
        className="input"
        type="search"
        placeholder={placeholder}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        {...rest}
      />
    </label>
  );
}
