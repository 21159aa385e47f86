/** A request is `cancelled` when its client left; an attempt of it has the code `client_disconnected`. */
const isCancelled = (outcome: string): boolean => outcome === 'cancelled' || outcome === 'client_disconnected';

/** Whether the outcome of a request or of an attempt is the code of an error. */
export const hasFailed = (outcome: string): boolean => outcome !== 'ok' && !isCancelled(outcome);

export const badgeOf = (outcome: string): string => (outcome === 'ok' ? 'ok' : hasFailed(outcome) ? 'bad' : '');
