import { Menu as Base } from '@base-ui/react/menu';
import type { ReactElement, ReactNode } from 'react';

interface MenuProps {
  readonly trigger: ReactElement;
  readonly children: ReactNode;
}

export function Menu({ trigger, children }: MenuProps) {
  return (
    <Base.Root modal={false}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner className="menu-layer" sideOffset={4} align="start">
          <Base.Popup className="menu-popup">{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

interface MenuItemProps {
  onSelect(): void;
  readonly children: ReactNode;
  readonly danger?: boolean;
}

export function MenuItem({ onSelect, children, danger = false }: MenuItemProps) {
  return (
    <Base.Item className={`menu-item${danger ? ' danger' : ''}`} onClick={onSelect}>
      {children}
    </Base.Item>
  );
}

interface MenuChoiceProps<Value extends string> {
  readonly value: Value;
  onChange(value: Value): void;
  readonly options: readonly (readonly [Value, string])[];
}

export function MenuChoice<Value extends string>({ value, onChange, options }: MenuChoiceProps<Value>) {
  return (
    <Base.RadioGroup value={value} onValueChange={(next: Value) => onChange(next)}>
      {options.map(([name, label]) => (
        <Base.RadioItem key={name} value={name} className="menu-item" closeOnClick>
          {label}
        </Base.RadioItem>
      ))}
    </Base.RadioGroup>
  );
}
