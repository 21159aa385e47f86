/** Characters that turn the order of what follows them around, and so make a text look like another. */
const controls = /[\u202a-\u202e\u2066-\u2069]/g;

const nameOf = (character: string) => `⟦U+${character.charCodeAt(0).toString(16).toUpperCase()}⟧`;

/** Writes them out instead of obeying them. */
export const showControls = (text: string): string => text.replace(controls, nameOf);
