/** A state of a backend has a colour and a shape, and stands beside its name. */
const kinds: Readonly<Record<string, string>> = {
  closed: 'ok',
  up: 'ok',
  ready: 'ok',
  open: 'bad',
  down: 'bad',
  unavailable: 'bad',
  half_open: 'warn',
  cooling: 'warn',
  loading: 'warn',
  busy: 'warn',
  degraded: 'warn',
};

/** The class that gives a dot or a badge the colour of a state. */
export const kindOf = (state: string): string => kinds[state] ?? 'idle';

export function StateDot({ state }: { state: string }) {
  return <span className={`dot ${kindOf(state)}`} aria-hidden="true" />;
}
