import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Caller } from '../access/caller.ts';
import type { CatalogModel, ModelTimeouts } from '../models/catalog.ts';

/** How long an attempt may take: the total is that of the request, with the attempts and waits before this one. */
export const timeLeft = ({ timeouts }: CatalogModel, { receivedAt }: Caller): ModelTimeouts => ({
  ...timeouts,
  totalMs: Math.max(1, timeouts.totalMs - (monotonicNow() - receivedAt)),
});
