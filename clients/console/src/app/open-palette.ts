/** Whether shortcuts have the key ⌘ here; elsewhere it is Ctrl. */
export const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);

const OPEN = 'duplex-open-palette';

/** Opens the search for pages, models, conversations and keys, as its shortcut does. */
export const openPalette = (): boolean => document.dispatchEvent(new Event(OPEN));

/** Calls `open` when somebody asks for the search. Returns a function that ends this. */
export function onOpenPalette(open: () => void): () => void {
  document.addEventListener(OPEN, open);
  return () => document.removeEventListener(OPEN, open);
}
