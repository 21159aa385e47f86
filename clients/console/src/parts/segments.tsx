import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';

interface SegmentsProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  onChange(value: Value): void;
  readonly options: readonly (readonly [Value, string])[];
  readonly fill?: boolean;
}

/** One of few. */
export function Segments<Value extends string>({
  label,
  value,
  onChange,
  options,
  fill = false,
}: SegmentsProps<Value>) {
  return (
    <ToggleGroup
      className={`seg${fill ? ' fill' : ''}`}
      aria-label={label}
      value={[value]}
      onValueChange={([next]) => {
        const chosen = options.find(([name]) => name === next);
        if (chosen) onChange(chosen[0]);
      }}
    >
      {options.map(([name, text]) => (
        <Toggle key={name} value={name}>
          {text}
        </Toggle>
      ))}
    </ToggleGroup>
  );
}
