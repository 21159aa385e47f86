import type { TRPCClient } from '@trpc/client';
import { toGatewayError } from './gateway-error.ts';
import { isLost, isRefusal } from './lost-connection.ts';
import { retryDelay } from './retry-delay.ts';
import type { AppRouter, TurnChunk } from './router-types.ts';
import type { RunCalls, RunListener } from './run-stream.ts';
import { pause } from './wake-events.ts';

export interface RunsOptions {
  readonly client: TRPCClient<AppRouter>;
  readonly resumeTimeoutMs: number;
  /** Aborts when the client is closed. */
  readonly closing: () => AbortSignal;
}

/** Whose run it is: the end user of its conversation. */
export interface RunUser {
  readonly user_id?: string | null | undefined;
}

/** The callbacks of tRPC for one connection. */
export const callbacks = (listener: RunListener) => ({
  onConnectionStateChange: ({ state }: { state: string }) => {
    if (state === 'pending') listener.onSent();
  },
  onStarted: ({ context }: { context?: Record<string, unknown> | undefined }) => {
    listener.onStarted();
    if (typeof context?.run_id === 'string' && context.run_id !== '') listener.onNamed(context.run_id);
  },
  onData: (event: { id: string; data: TurnChunk }) => listener.onData(event),
  onError: (error: unknown) => listener.onError(error),
  onComplete: () => listener.onComplete(),
});

/** What the client does with a run of this user. */
export function watchCalls({ client }: RunsOptions, { user_id }: RunUser): Pick<RunCalls, 'watch' | 'hasMore'> {
  return {
    watch: (place, listener) => client.c1.runs.events.subscribe({ ...place, user_id }, callbacks(listener)),
    async hasMore({ run_id, after }) {
      try {
        const run = await client.c1.runs.get.query({ run_id, user_id });
        return run.status === 'in_progress' || (run.last_event ?? -1) > after;
      } catch (thrown) {
        const error = toGatewayError(thrown);
        return isLost(error) || isRefusal(error);
      }
    },
  };
}

/** Tries until the gateway has heard it: a run that goes on costs money. */
export async function cancelSurely(options: RunsOptions, run_id: string, { user_id }: RunUser): Promise<void> {
  const { client, resumeTimeoutMs, closing } = options;
  const signal = closing();
  const deadline = performance.now() + resumeTimeoutMs;
  for (let attempt = 0; !signal.aborted && performance.now() < deadline; attempt += 1) {
    try {
      await client.c1.runs.cancel.mutate({ run_id, user_id });
      return;
    } catch (thrown) {
      const error = toGatewayError(thrown);
      if (!isLost(error) && !isRefusal(error)) return;
    }
    await pause(retryDelay(attempt), signal);
  }
}
