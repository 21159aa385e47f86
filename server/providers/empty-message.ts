/**
 * Stands for an empty message in the middle of a history, for vendors that refuse empty texts. Without it, a
 * conversation that one model took could not go on with another.
 */
export const EMPTY_MESSAGE = '(empty message)';
