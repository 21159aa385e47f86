/** What the keys of this machine are called. */
export const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);

const OPEN = 'duplex-open-palette';

/** Opens the search for pages, models, conversations and keys, as its shortcut does. */
export const openPalette = (): boolean => document.dispatchEvent(new Event(OPEN));

/** Calls back when somebody asks for the search. Returns what ends that. */
export function onOpenPalette(open: () => void): () => void {
  document.addEventListener(OPEN, open);
  return () => document.removeEventListener(OPEN, open);
}
