import type { TRPCClient } from '@trpc/client';
import { toGatewayError } from './gateway-error.ts';
import { withIdempotencyKey } from './idempotency-key.ts';
import { isLost, isRefusal } from './lost-connection.ts';
import {
  type ChunkStream,
  type Listener,
  readStream,
  type StreamOptions,
  type Subscription,
  type TurnOptions,
} from './read-stream.ts';
import { retryDelay } from './retry-delay.ts';
import type { AppRouter, Run, TurnChunk, TurnRequest } from './router-types.ts';
import { type RunCalls, type RunListener, type RunPlace, RunStream } from './run-stream.ts';
import { pause } from './wake-events.ts';

export interface WatchOptions extends StreamOptions {
  /** The number of the last event that is known; events count from 0. Default -1: from the start. */
  readonly after?: number;
  /** The end user of the run's conversation. */
  readonly user_id?: string | null | undefined;
}

/** A turn that changes what was said before, in a conversation that exists. */
export type BranchRequest = TurnRequest & { readonly conversation_id: string };

export interface Turns {
  /**
   * A turn of a remembered conversation, chunk by chunk. Each chunk names its `conversation_id` and its `run_id`. When the
   * connection is lost, the client connects again and goes on after the last chunk. Leaving the loop cancels the run.
   */
  streamTurn(turn: TurnRequest, options?: TurnOptions): ChunkStream<TurnChunk>;
  /** The chunks of a run that somebody began, from the start or after a number. Leaving the loop stops nothing. */
  watch(runId: string, options?: WatchOptions): ChunkStream<TurnChunk>;
  /** Stops a run, and resolves when it has ended. */
  cancel(runId: string, options?: Omit<WatchOptions, 'after'>): Promise<Run>;
  /** Another answer to the question of an answer, beside it. `turn` has no message. */
  regenerate(answerId: string, turn: BranchRequest, options?: TurnOptions): ChunkStream<TurnChunk>;
  /** Another question in the place of one, with an answer of its own. `turn` has the new message. */
  edit(messageId: string, turn: BranchRequest, options?: TurnOptions): ChunkStream<TurnChunk>;
}

export interface TurnsOptions {
  readonly client: TRPCClient<AppRouter>;
  readonly resumeTimeoutMs: number;
  /** Aborts when the client is closed. */
  readonly closing: () => AbortSignal;
}

/** The callbacks of tRPC for one connection. */
const callbacks = (listener: RunListener) => ({
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

/** A subscription whose request is not complete yet. */
function subscribeLater(subscribing: Promise<() => Subscription>, onError: (error: unknown) => void): Subscription {
  let subscription: Subscription | undefined;
  let isStopped = false;
  subscribing.then(
    (subscribe) => {
      if (!isStopped) subscription = subscribe();
    },
    (error: unknown) => {
      if (!isStopped) onError(error);
    },
  );
  return {
    unsubscribe() {
      isStopped = true;
      subscription?.unsubscribe();
    },
  };
}

export function createTurns({ client, resumeTimeoutMs, closing }: TurnsOptions): Turns {
  type User = { readonly user_id?: string | null | undefined };

  /** What the client does with a run of this user. */
  const callsOf = ({ user_id }: User): Pick<RunCalls, 'watch' | 'hasMore'> => ({
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
  });

  /** Tries until the gateway has heard it: a run that goes on costs money. */
  async function cancelSurely(run_id: string, { user_id }: User): Promise<void> {
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

  function readRun(calls: RunCalls, options: TurnOptions, place?: RunPlace): ChunkStream<TurnChunk> {
    const open = (listener: Listener<TurnChunk>) =>
      new RunStream(calls, listener, {
        resumeTimeoutMs,
        closing: closing(),
        ...(place ? { place } : {}),
      });
    return readStream(open, options);
  }

  function takeTurn(turn: TurnRequest, begin: RunCalls['begin'], options: TurnOptions): ChunkStream<TurnChunk> {
    const cancel = (run_id: string) => void cancelSurely(run_id, turn);
    return readRun({ ...callsOf(turn), begin, cancel }, options);
  }

  function streamTurn(turn: TurnRequest, options: TurnOptions = {}): ChunkStream<TurnChunk> {
    const sent = withIdempotencyKey(turn);
    return takeTurn(turn, (listener) => client.c1.chat.stream.subscribe(sent, callbacks(listener)), options);
  }

  /** The message that this one follows. */
  async function findParent(messageId: string, { conversation_id, user_id }: BranchRequest): Promise<string | null> {
    const asked = { conversation_id, user_id, view: 'tree', media: 'omit' } as const;
    for (let after: string | undefined; ; ) {
      const page = await client.conversations.get.query({ ...asked, ...(after === undefined ? {} : { after }) });
      const message = page.messages.find(({ id }) => id === messageId);
      after = page.messages.at(-1)?.id;
      // The gateway says best that there is no such message.
      if (message || !page.has_more || after === undefined) return message ? message.parent_id : messageId;
    }
  }

  return {
    streamTurn,
    watch(run_id, { after = -1, user_id, ...options } = {}) {
      const calls = { ...callsOf({ user_id }), begin: () => ({ unsubscribe() {} }) };
      return readRun(calls, options, { run_id, after });
    },
    cancel: (run_id, { user_id, signal } = {}) =>
      client.c1.runs.cancel.mutate({ run_id, user_id }, signal ? { signal } : {}),
    regenerate: (answerId, turn, options) => streamTurn({ ...turn, regenerate: answerId }, options),
    edit(messageId, turn, options = {}) {
      if (turn.parent_message_id !== undefined) return streamTurn(turn, options);
      const sent = withIdempotencyKey(turn);
      const begin = (listener: RunListener) =>
        subscribeLater(
          findParent(messageId, turn).then((parent_message_id) => {
            return () => client.c1.chat.stream.subscribe({ ...sent, parent_message_id }, callbacks(listener));
          }),
          (error) => listener.onError(error),
        );
      return takeTurn(turn, begin, options);
    },
  };
}
