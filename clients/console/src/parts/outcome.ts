/** The outcome of a request whose client disconnected is `cancelled`; that of its attempt is `client_disconnected`. */
const isCancelled = (outcome: string): boolean => outcome === 'cancelled' || outcome === 'client_disconnected';

/** Whether the outcome of a request or of an attempt is the code of an error. */
export const hasFailed = (outcome: string): boolean => outcome !== 'ok' && !isCancelled(outcome);

export const badgeOf = (outcome: string): string => (outcome === 'ok' ? 'ok' : hasFailed(outcome) ? 'bad' : '');
