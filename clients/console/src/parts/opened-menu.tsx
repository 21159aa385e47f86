import { Menu as Base } from '@base-ui/react/menu';
import { useEffect, useRef, useState } from 'react';
import type { MenuAction, MenuChoice, MenuProps } from './menu-props.ts';

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

/**
 * A menu that opens as it appears. Its trigger stands in the place of one that had the focus, and takes it first: whatever is
 * opened from the menu gives the focus back to what had it before.
 */
export default function OpenedMenu({ trigger, actions = [], choice }: MenuProps) {
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    button.current?.focus();
    setOpen(true);
  }, []);
  return (
    <Base.Root modal={false} open={open} onOpenChange={setOpen}>
      <Base.Trigger ref={button} render={trigger} />
      <Base.Portal>
        <Base.Positioner className="menu-layer" sideOffset={4} align="start">
          <Base.Popup className="menu-popup">
            <Actions actions={actions} />
            {choice ? <Choice choice={choice} /> : null}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
