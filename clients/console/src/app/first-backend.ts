import type { Outputs } from '@duplex/client';

export type Backend = Outputs['models']['info']['models'][number]['backends'][number];
export type BackendState = Backend['state'] | 'down';

/** The lower, the sooner the gateway asks such a backend. Those that get requests are asked in the order of the chain. */
const ranks: Readonly<Record<BackendState, number>> = {
  closed: 0,
  half_open: 0,
  busy: 1,
  loading: 1,
  cooling: 2,
  open: 3,
  down: 4,
};

export interface FirstBackend {
  readonly backend: Backend;
  readonly state: BackendState;
}

/** The backend of a chain that is asked first now, with its state; null: there is none. */
export function firstBackend(
  backends: readonly Backend[],
  stateOf: (backend: Backend) => BackendState,
): FirstBackend | null {
  const [first] = backends
    .map((backend) => ({ backend, state: stateOf(backend) }))
    .toSorted((one, other) => ranks[one.state] - ranks[other.state]);
  return first ?? null;
}
