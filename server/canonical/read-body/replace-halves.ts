const HALVES = /\p{Surrogate}/gu;

/** The text with U+FFFD in place of each half of a surrogate pair. */
export const replaceHalves = (text: string): string => text.replace(HALVES, '\ufffd');
