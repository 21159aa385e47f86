import type { Outputs } from '@duplex/client';
import { kindOf } from '../../parts/state-dot.tsx';
import { useText } from '../../text/text.tsx';

type State = Outputs['system']['ready']['routes'][number]['state'];

/** The state of a circuit as the API names it, and what that means. */
export function CircuitState({ state }: { state: State }) {
  const { t } = useText();
  return (
    <>
      <span className={`badge ${kindOf(state)}`}>{state}</span>
      <div className="small faint">{t(`state.${state}`)}</div>
    </>
  );
}
