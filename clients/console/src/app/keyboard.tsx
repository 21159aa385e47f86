import { lazy, Suspense, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { readLetters } from './letters.ts';
import { onOpenPalette } from './open-palette.ts';
import { allPlaces } from './places.ts';

const Palette = lazy(() => import('./palette.tsx'));
const KeyList = lazy(() => import('./key-list.tsx'));

/** How long after G its letter may come. */
const LETTER_MS = 1_500;

const isTyping = ({ target }: KeyboardEvent): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Whether a key is pressed by itself, and not into a field. */
export const isShortcut = (event: KeyboardEvent): boolean =>
  !event.metaKey && !event.ctrlKey && !event.altKey && !isTyping(event);

/** The button of the menu that is open. */
const OPEN_MENU = '[aria-haspopup="menu"][aria-expanded="true"]';

/** Moves the focus to the next region of the page: list, chat, request. */
function focusNextRegion(back: boolean): void {
  // Nothing below a dialog can have the focus.
  if (document.querySelector('[role="dialog"], [role="alertdialog"]')) return;
  const regions = [...document.querySelectorAll<HTMLElement>('nav[aria-label], aside[aria-label], main')].filter(
    (region) => region.offsetParent !== null,
  );
  // A menu lies beside the page: what has opened it says where the reader is.
  const { activeElement } = document;
  const opener = activeElement?.closest('.menu-layer') ? document.querySelector(OPEN_MENU) : activeElement;
  const at = regions.findLastIndex((region) => region.contains(opener));
  const next = regions[(at + (back ? -1 : 1) + regions.length) % regions.length];
  next?.setAttribute('tabindex', '-1');
  next?.focus();
}

type Open = 'palette' | 'keys' | null;

/** What the keyboard does on every page. Single letters do nothing while somebody types, and can be switched off. */
export function Keyboard() {
  const [, navigate] = useLocation();
  const [open, setOpen] = useState<Open>(null);
  const goAt = useRef(Number.NEGATIVE_INFINITY);
  // A layout effect runs before the page is painted, so the keys work as soon as the page is seen.
  useLayoutEffect(() => {
    function onLetter(event: KeyboardEvent): void {
      const key = event.key.toLowerCase();
      const follows = performance.now() - goAt.current < LETTER_MS;
      goAt.current = Number.NEGATIVE_INFINITY;
      if (follows) {
        const place = allPlaces.find(({ letter }) => letter === key);
        if (!place) return;
        event.preventDefault();
        navigate(place.to);
        return;
      }
      if (key === 'g') goAt.current = performance.now();
      if (key === '?') setOpen('keys');
      if (key === '/') {
        const search = document.querySelector<HTMLInputElement>('main input[type="search"], input[type="search"]');
        if (!search) return;
        event.preventDefault();
        search.focus();
      }
    }
    function onKey(event: KeyboardEvent): void {
      if ((event.metaKey || event.ctrlKey) && !event.altKey && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setOpen((known) => (known === 'palette' ? null : 'palette'));
      } else if (event.key === 'F6') {
        event.preventDefault();
        focusNextRegion(event.shiftKey);
      } else if (isShortcut(event) && readLetters()) {
        onLetter(event);
      }
    }
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [navigate]);
  useEffect(() => onOpenPalette(() => setOpen('palette')), []);
  const close = () => setOpen(null);
  return (
    <Suspense>
      {open === 'palette' ? <Palette onClose={close} /> : null}
      {open === 'keys' ? <KeyList onClose={close} /> : null}
    </Suspense>
  );
}
