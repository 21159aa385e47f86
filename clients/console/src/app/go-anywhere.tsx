import { Search } from 'lucide-react';
import { useText } from '../text/text.tsx';
import { isApple, openPalette } from './open-palette.ts';

/** A button that opens the search for pages, models, conversations and keys. */
export function GoAnywhere() {
  const { t } = useText();
  return (
    <button type="button" className="btn ghost go" onClick={openPalette}>
      <Search className="i" aria-hidden="true" />
      {t('nav.go')}
      <span className="kbd">{isApple ? '⌘K' : 'Ctrl K'}</span>
    </button>
  );
}
