import { createHash } from 'node:crypto';
import type { Backend, Strategy } from '../models/catalog.ts';
import type { BackendStates } from './backend-state.ts';

/** 48 bits: more than enough to tell backends apart, and exact as a number. */
const RANK_BYTES = 6;

const rankOf = (key: string, { name }: Backend): number =>
  createHash('sha256').update(key).update('\0').update(name).digest().readUIntBE(0, RANK_BYTES);

/**
 * Rendezvous hashing: every key has its own order of backends, and a backend that comes or goes moves only the keys that
 * it had. Thaler and Ravishankar, 1998.
 */
function byAffinity<B extends Backend>(backends: readonly B[], key: string): B[] {
  return backends
    .map((backend) => ({ backend, rank: rankOf(key, backend) }))
    .sort((a, b) => b.rank - a.rank)
    .map(({ backend }) => backend);
}

/** A random order in which a backend of weight 2 is twice as often first. Efraimidis and Spirakis, 2006. */
function byWeight<B extends Backend>(backends: readonly B[]): B[] {
  return backends
    .map((backend) => ({ backend, key: Math.random() ** (1 / backend.weight) }))
    .sort((a, b) => b.key - a.key)
    .map(({ backend }) => backend);
}

const byLoad = <B extends Backend>(backends: readonly B[], states: BackendStates): B[] =>
  backends.toSorted((a, b) => states.of(a).inFlight / a.weight - states.of(b).inFlight / b.weight);

/** Puts backends with free capacity first, and then the others by how busy they are. */
function spillOver<B extends Backend>(backends: readonly B[], states: BackendStates): B[] {
  const hasRoom = (backend: B) => states.of(backend).inFlight < backend.maxParallel;
  return [
    ...backends.filter(hasRoom),
    ...byLoad(
      backends.filter((backend) => !hasRoom(backend)),
      states,
    ),
  ];
}

function inStrategy<B extends Backend>(
  backends: readonly B[],
  strategy: Strategy,
  states: BackendStates,
  affinityKey: () => string,
): B[] {
  switch (strategy) {
    case 'ordered':
      return [...backends];
    case 'weighted':
      return byWeight(backends);
    case 'least-busy':
      return byLoad(backends, states);
    case 'affinity':
      return spillOver(byAffinity(backends, affinityKey()), states);
  }
}

/**
 * The backends that a request tries, in order. One whose circuit is open, or that asked to be left alone, is passed over
 * as long as another one is left.
 */
export function orderBackends<B extends Backend>(
  backends: readonly B[],
  strategy: Strategy,
  states: BackendStates,
  affinityKey: () => string,
): readonly B[] {
  if (backends.length < 2) return backends;
  const ordered = inStrategy(backends, strategy, states, affinityKey);
  const live = ordered.filter((backend) => states.of(backend).isLive);
  return live.length > 0 ? live : ordered;
}
