const STORED = 'duplex-letters';

/** Whether single letters are shortcuts. */
export const readLetters = (): boolean => localStorage.getItem(STORED) !== 'off';
export const keepLetters = (on: boolean): void => localStorage.setItem(STORED, on ? 'on' : 'off');
