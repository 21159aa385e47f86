import { useId } from 'react';
import { useText } from '../text/text.tsx';

interface NumberKnobProps {
  readonly label: string;
  /** As the request names it. */
  readonly name: string;
  readonly value: number | null;
  onChange(value: number | null): void;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly lit: boolean;
  readonly invalid: boolean;
  readonly hint?: string | null;
}

/** A number of the request, as a slider and as a field. Empty: the model's own. */
export function NumberKnob(props: NumberKnobProps) {
  const { label, name, value, onChange, min, max, step, lit, invalid, hint = null } = props;
  const id = useId();
  const read = (text: string) => {
    const number = Number(text.replace(',', '.'));
    onChange(text.trim() === '' || Number.isNaN(number) ? null : number);
  };
  return (
    <div className={`knob${lit ? ' lit' : ''}`}>
      <label htmlFor={id}>
        {label} <code>{name}</code>
      </label>
      <input
        className="input"
        id={id}
        inputMode="decimal"
        type="number"
        min={min}
        max={max}
        step={step}
        value={value ?? ''}
        placeholder="–"
        aria-invalid={invalid}
        onChange={(event) => read(event.target.value)}
      />
      <input
        type="range"
        className={value === null ? 'unset' : undefined}
        aria-label={label}
        min={min}
        max={max}
        step={step}
        value={value ?? min}
        onChange={(event) => read(event.target.value)}
      />
      {hint ? <p className="hint">{hint}</p> : null}
    </div>
  );
}

interface EffortKnobProps {
  readonly value: string | null;
  onChange(value: string | null): void;
  readonly lit: boolean;
  readonly invalid: boolean;
}

const efforts = ['minimal', 'low', 'medium', 'high'];

export function EffortKnob({ value, onChange, lit, invalid }: EffortKnobProps) {
  const { t } = useText();
  const id = useId();
  const options = value === null || efforts.includes(value) ? efforts : [...efforts, value];
  return (
    <div className={`knob${lit ? ' lit' : ''}`}>
      <label htmlFor={id}>
        {t('request.effort')} <code>reasoning_effort</code>
      </label>
      <select
        className="input"
        id={id}
        value={value ?? ''}
        aria-invalid={invalid}
        onChange={(event) => onChange(event.target.value || null)}
      >
        <option value="">–</option>
        {options.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </div>
  );
}
