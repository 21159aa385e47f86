import { setTimeout as pause } from 'node:timers/promises';
import type { NativeContext } from './llama-binding.ts';

/**
 * Ends a native request for good. Cancelling one that has not reached its slot yet crashes the binding (1.7.15), so
 * wait for that: we never queue more than there are slots, and it takes one step of the engine. Afterwards no
 * callback comes for it, not even its last.
 */
export async function cancelNative(context: NativeContext, requestId: number): Promise<void> {
  for (;;) {
    const state = context.getParallelStatus().requests.find((request) => request.request_id === requestId)?.state;
    if (state === undefined) return;
    if (state !== 'queued') {
      context.cancelRequest(requestId);
      return;
    }
    await pause(1);
  }
}
