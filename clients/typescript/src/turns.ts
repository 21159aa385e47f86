import type { TRPCClient } from '@trpc/client';
import { withIdempotencyKey } from './idempotency-key.ts';
import {
  type ChunkStream,
  type Listener,
  readStream,
  type StreamOptions,
  type Subscription,
  type TurnOptions,
} from './read-stream.ts';
import type { AppRouter, Run, TurnChunk, TurnRequest } from './router-types.ts';
import { callbacks, cancelSurely, type RunsOptions, watchCalls } from './run-calls.ts';
import { type RunCalls, type RunListener, type RunPlace, RunStream } from './run-stream.ts';

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

/** The message that this one follows. */
async function findParent(
  client: TRPCClient<AppRouter>,
  messageId: string,
  { conversation_id, user_id }: BranchRequest,
): Promise<string | null> {
  const asked = { conversation_id, user_id, view: 'tree', media: 'omit' } as const;
  for (let after: string | undefined; ; ) {
    const page = await client.conversations.get.query({ ...asked, ...(after === undefined ? {} : { after }) });
    const message = page.messages.find(({ id }) => id === messageId);
    after = page.messages.at(-1)?.id;
    // The gateway says best that there is no such message.
    if (message || !page.has_more || after === undefined) return message ? message.parent_id : messageId;
  }
}

export function createTurns(runs: RunsOptions): Turns {
  const { client, resumeTimeoutMs, closing } = runs;

  function readRun(calls: RunCalls, options: TurnOptions, place?: RunPlace): ChunkStream<TurnChunk> {
    const open = (listener: Listener<TurnChunk>) =>
      new RunStream(calls, listener, { resumeTimeoutMs, closing: closing(), ...(place ? { place } : {}) });
    return readStream(open, options);
  }

  function takeTurn(turn: TurnRequest, begin: RunCalls['begin'], options: TurnOptions): ChunkStream<TurnChunk> {
    const cancel = (run_id: string) => void cancelSurely(runs, run_id, turn);
    return readRun({ ...watchCalls(runs, turn), begin, cancel }, options);
  }

  function streamTurn(turn: TurnRequest, options: TurnOptions = {}): ChunkStream<TurnChunk> {
    const sent = withIdempotencyKey(turn);
    return takeTurn(turn, (listener) => client.c1.chat.stream.subscribe(sent, callbacks(listener)), options);
  }

  return {
    streamTurn,
    watch(run_id, { after = -1, user_id, ...options } = {}) {
      const calls = { ...watchCalls(runs, { user_id }), begin: () => ({ unsubscribe() {} }) };
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
          findParent(client, messageId, turn).then((parent_message_id) => {
            return () => client.c1.chat.stream.subscribe({ ...sent, parent_message_id }, callbacks(listener));
          }),
          (error) => listener.onError(error),
        );
      return takeTurn(turn, begin, options);
    },
  };
}
