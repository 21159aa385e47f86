import { cloneElement, lazy, Suspense, useState } from 'react';
import type { MenuChoice, MenuProps } from './menu-props.ts';

const load = () => import('./opened-menu.tsx');
const OpenedMenu = lazy(load);

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
