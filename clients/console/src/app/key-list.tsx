import { useState } from 'react';
import { Dialog } from '../parts/dialog.tsx';
import { useText } from '../text/text.tsx';
import { keepLetters, readLetters } from './letters.ts';
import { allPlaces } from './places.ts';

const shortcuts = [
  ['⌘ K · Ctrl K', 'keyboard.go'],
  ['/', 'keyboard.search'],
  ['?', 'keyboard.list'],
  ['Enter · ⌘ ↵', 'keyboard.send'],
  ['Esc', 'keyboard.stop'],
  ['↑', 'keyboard.editLast'],
  ['⌥ ← · ⌥ →', 'keyboard.branch'],
  ['⌘ ⇧ C · Ctrl ⇧ C', 'keyboard.copy'],
  ['J · K', 'keyboard.requests'],
  ['F6', 'keyboard.region'],
] as const;

/** What each key does, and the switch for single letters. */
export default function KeyList({ onClose }: { onClose(): void }) {
  const { t } = useText();
  const [letters, setLetters] = useState(readLetters);
  return (
    <Dialog open onClose={onClose} title={t('keyboard.title')}>
      <dl className="facts">
        {shortcuts.map(([keys, name]) => (
          <div key={name} className="fact">
            <dt>
              <span className="kbd">{keys}</span>
            </dt>
            <dd>{t(name)}</dd>
          </div>
        ))}
        {allPlaces.map(({ letter, key }) =>
          letter ? (
            <div key={key} className="fact">
              <dt>
                <span className="kbd">G</span> <span className="kbd">{letter.toUpperCase()}</span>
              </dt>
              <dd>{t(key)}</dd>
            </div>
          ) : null,
        )}
      </dl>
      <label className="check">
        <input
          type="checkbox"
          checked={letters}
          onChange={(event) => {
            keepLetters(event.target.checked);
            setLetters(event.target.checked);
          }}
        />{' '}
        {t('keyboard.letters')}
      </label>
    </Dialog>
  );
}
