import { Menu as Base } from '@base-ui/react/menu';
import { Check } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { MenuAction, MenuCheck, MenuChoice, MenuProps } from './menu-props.ts';

function Actions({ actions }: { actions: readonly MenuAction[] }) {
  return actions.map(({ label, onSelect, danger = false }) => (
    <Base.Item key={label} className={`menu-item${danger ? ' danger' : ''}`} onClick={onSelect}>
      {label}
    </Base.Item>
  ));
}

function Choice({ choice: { value, options, onChange } }: { choice: MenuChoice }) {
  return (
    <Base.RadioGroup value={value} onValueChange={(next: string) => onChange(next)}>
      {options.map(([name, label]) => (
        <Base.RadioItem key={name} value={name} className="menu-item" closeOnClick>
          {label}
        </Base.RadioItem>
      ))}
    </Base.RadioGroup>
  );
}

function Checks({ checks }: { checks: readonly MenuCheck[] }) {
  return checks.map(({ label, checked, onChange }) => (
    <Base.CheckboxItem key={label} className="menu-item" checked={checked} onCheckedChange={onChange}>
      <span className="tick" aria-hidden="true">
        {checked ? <Check className="i" /> : null}
      </span>
      {label}
    </Base.CheckboxItem>
  ));
}

/**
 * A menu that opens as it appears. Its trigger stands in the place of one that had the focus, and takes it first: whatever is
 * opened from the menu gives the focus back to what had it before.
 */
export default function OpenedMenu({ trigger, actions = [], choice, checks = [] }: MenuProps) {
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    button.current?.focus();
    setOpen(true);
  }, []);
  // F6 leads to another region of the page, so nothing is left open behind it.
  useEffect(() => {
    if (!open) return;
    const onKey = ({ key }: KeyboardEvent) => key === 'F6' && setOpen(false);
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [open]);
  return (
    <Base.Root modal={false} open={open} onOpenChange={setOpen}>
      <Base.Trigger ref={button} render={trigger} />
      <Base.Portal>
        <Base.Positioner className="menu-layer" sideOffset={4} align="start">
          <Base.Popup className="menu-popup">
            <Actions actions={actions} />
            <Checks checks={checks} />
            {choice ? <Choice choice={choice} /> : null}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
