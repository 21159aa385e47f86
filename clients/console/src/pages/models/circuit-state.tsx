import type { Outputs } from '@duplex/client';
import { useText } from '../../text/text.tsx';

type State = Outputs['system']['ready']['routes'][number]['state'];

const badges: Readonly<Record<string, string>> = { closed: 'ok', open: 'bad', half_open: 'warn', cooling: 'warn' };

/** The state of a circuit as the API names it, and what that means. */
export function CircuitState({ state }: { state: State }) {
  const { t } = useText();
  return (
    <>
      <span className={`badge ${badges[state] ?? ''}`}>{state}</span>
      <div className="small faint">{t(`state.${state}`)}</div>
    </>
  );
}
