/** A number with its noun, such as `1 model` and `2 models`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
