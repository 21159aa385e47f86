import { Tabs as Base } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';

interface CodeTabsProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  onChange(value: Value): void;
  readonly options: readonly (readonly [Value, string])[];
  /** Beside the tabs. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** A figure of code in several languages. */
export function CodeTabs<Value extends string>(props: CodeTabsProps<Value>) {
  const { label, value, onChange, options, aside, children } = props;
  return (
    <Base.Root className="code" value={value} onValueChange={(next: Value) => onChange(next)}>
      <div className="head">
        <Base.List className="tabs grow" aria-label={label} activateOnFocus>
          {options.map(([name, text]) => (
            <Base.Tab key={name} value={name}>
              {text}
            </Base.Tab>
          ))}
        </Base.List>
        {aside}
      </div>
      {options.map(([name]) => (
        <Base.Panel key={name} value={name}>
          {name === value ? children : null}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
