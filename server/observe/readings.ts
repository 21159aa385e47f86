import { promisify } from 'node:util';
import type { CurrentCatalog } from '../features/models/live-catalog.ts';
import type { BackendStates } from '../features/routing/backend-state.ts';
import type { WalletStore } from '../store/interface/wallets.ts';
import type { OpenCounts, Readings } from './metrics.ts';

/** What is counted where it is open. */
interface Counted {
  readonly load: { readonly open: number };
  readonly dispatcher: { readonly waiting: number };
  readonly heartbeat: { readonly count: number };
  readonly websockets: { readonly count: number; readonly calls: number };
  readonly runs: { readonly count: number };
}

export interface ReadParts extends Counted {
  readonly catalog: CurrentCatalog;
  readonly states: BackendStates;
  readonly wallets: Pick<WalletStore, 'held'>;
  /** The server, which counts its connections. */
  readonly server: { getConnections(done: (error: Error | null, count: number) => void): unknown };
}

const countOpen = ({ load, dispatcher, heartbeat, websockets, runs }: Counted): OpenCounts => ({
  requests: load.open,
  waiting: dispatcher.waiting,
  streams: heartbeat.count,
  websockets: websockets.count,
  websocketCalls: websockets.calls,
  runs: runs.count,
});

/** Where each scrape of the metrics reads what is not counted while requests run. */
export const readingsOf = ({ catalog, states, wallets, server, ...counted }: ReadParts): Readings => ({
  backends: () =>
    catalog.models.flatMap(({ backends }) =>
      backends.map((backend) => {
        const { state, inFlight } = states.of(backend);
        return { backend: backend.name, state, inFlight };
      }),
    ),
  open: () => countOpen(counted),
  connections: () => promisify(server.getConnections.bind(server))(),
  heldMicroUsd: () => wallets.held(),
});
