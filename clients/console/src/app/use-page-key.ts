import { useEffect, useLayoutEffect, useRef } from 'react';

/** Hears keys wherever the focus is, but for those that a dialog or a menu above the page has taken. */
export function usePageKey(onKey: (event: KeyboardEvent) => void): void {
  const latest = useRef(onKey);
  useLayoutEffect(() => {
    latest.current = onKey;
  });
  useEffect(() => {
    function hear(event: KeyboardEvent) {
      if (event.defaultPrevented || document.querySelector('[role="dialog"], [role="menu"]')) return;
      latest.current(event);
    }
    document.addEventListener('keydown', hear);
    return () => document.removeEventListener('keydown', hear);
  }, []);
}
