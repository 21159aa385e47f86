import type { RequestWatch } from '../features/access/request-watch.ts';
import type { MeteringDeps, WatchedRequest } from '../features/metering/run-metered.ts';
import type { UpstreamTap } from '../providers/upstream-tap.ts';

/** Follows each admitted request. */
export interface Watcher {
  watch(request: WatchedRequest): RequestWatch;
}

/** Tells two watches of one request. At most one of them gets the answer. */
const joinWatches = (one: RequestWatch, other: RequestWatch): RequestWatch => ({
  decided(what, why) {
    one.decided?.(what, why);
    other.decided?.(what, why);
  },
  attempting: (backend) => joinTaps(one.attempting(backend), other.attempting(backend)),
  attempted(attempt) {
    one.attempted(attempt);
    other.attempted(attempt);
  },
  answer: one.answer ?? other.answer,
  ended(row) {
    one.ended(row);
    other.ended(row);
  },
});

function joinTaps(one: UpstreamTap | undefined, other: UpstreamTap | undefined): UpstreamTap | undefined {
  if (!one || !other) return one ?? other;
  const sending = one.sending ?? other.sending;
  return { headers: { ...one.headers, ...other.headers }, ...(sending ? { sending } : {}) };
}

/** Lets each watcher follow every request. Undefined: there is no watcher, and requests pay nothing for it. */
export function watchRequests(watchers: readonly Watcher[]): MeteringDeps['watch'] {
  const [first, ...others] = watchers;
  if (!first) return undefined;
  return (request) =>
    others.reduce((watch, watcher) => joinWatches(watch, watcher.watch(request)), first.watch(request));
}
