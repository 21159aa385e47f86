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

const dotOf = (state: string): string => kinds[state] ?? 'idle';

export function StateDot({ state }: { state: string }) {
  return <span className={`dot ${dotOf(state)}`} aria-hidden="true" />;
}
