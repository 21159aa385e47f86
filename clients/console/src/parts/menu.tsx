import { type ComponentProps, cloneElement, lazy, type ReactElement, Suspense, useState } from 'react';

const load = () => import('./opened-menu.tsx');
const OpenedMenu = lazy(load);

export interface MenuAction {
  readonly label: string;
  onSelect(): void;
  readonly danger?: boolean;
}

/** One of several, such as a language. */
export interface MenuChoice {
  readonly value: string;
  readonly options: readonly (readonly [string, string])[];
  onChange(value: string): void;
}

export interface MenuProps {
  readonly trigger: ReactElement<ComponentProps<'button'>>;
  readonly actions?: readonly MenuAction[];
  readonly choice?: MenuChoice;
}

/** A choice whose values have a type of their own. */
export function choiceOf<Value extends string>(
  value: Value,
  options: readonly (readonly [Value, string])[],
  onChange: (value: Value) => void,
): MenuChoice {
  return {
    value,
    options,
    onChange(next) {
      const chosen = options.find(([name]) => name === next);
      if (chosen) onChange(chosen[0]);
    },
  };
}

/** A menu whose library is loaded when somebody is about to open it for the first time. */
export function Menu(props: MenuProps) {
  const [wasOpened, setWasOpened] = useState(false);
  const prepare = () => void load().catch(() => undefined);
  const trigger = cloneElement(props.trigger, {
    'aria-haspopup': 'menu',
    'aria-expanded': false,
    onPointerEnter: prepare,
    onFocus: prepare,
    onClick: () => setWasOpened(true),
    onKeyDown: ({ key }) => key === 'ArrowDown' && setWasOpened(true),
  });
  if (!wasOpened) return trigger;
  return (
    <Suspense fallback={trigger}>
      <OpenedMenu {...props} />
    </Suspense>
  );
}
