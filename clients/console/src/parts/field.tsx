import { CircleAlert } from 'lucide-react';
import { type ReactNode, useId } from 'react';

interface FieldControl {
  readonly id: string;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string;
}

interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | null;
  readonly wide?: boolean;
  readonly children: (control: FieldControl) => ReactNode;
}

/** A control with its label, its hint, and what is wrong with it. */
export function Field({ label, hint, error = null, wide = false, children }: FieldProps) {
  const id = useId();
  return (
    <div className={`field${wide ? ' wide' : ''}`}>
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-invalid': error !== null, 'aria-describedby': `${id}-e ${id}-h` })}
      {error === null ? null : (
        <p className="error" id={`${id}-e`} role="alert">
          <CircleAlert className="i" aria-hidden="true" />
          <span>{error}</span>
        </p>
      )}
      {hint ? (
        <p className="hint" id={`${id}-h`}>
          {hint}
        </p>
      ) : null}
    </div>
  );
}
