import { type AnyTRPCRouter, callTRPCProcedure, isTrackedEnvelope } from '@trpc/server';
import type { Context } from '../../rpc/context.ts';
import type { Call } from './read-messages.ts';

/** One answer to a call: an event of a subscription, or the final result. */
export type Result =
  | { readonly type: 'started'; readonly run_id?: string }
  | { readonly type: 'data'; readonly id?: string; readonly data: unknown }
  | { readonly type: 'stopped' };

export interface AnswerCallOptions {
  readonly router: AnyTRPCRouter;
  readonly ctx: Context;
  /** Aborts when the client stops the call or disconnects. */
  readonly signal: AbortSignal;
  /** Receives the events of a subscription, except for its end. */
  readonly send: (result: Result) => void;
}

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

const eventOf = (value: unknown): Result => {
  if (!isTrackedEnvelope(value)) return { type: 'data', data: value };
  const [id, data] = value;
  return { type: 'data', id, data: { id, data } };
};

/** Whether the events are those of a run that begins with the call. */
const isOfNewRun = (output: object): boolean => 'beginsRun' in output && output.beginsRun === true;

/**
 * The beginning of a subscription, which clients hear once. For a run that begins it waits until the run has a name, so
 * that the client can cancel the run before its first token.
 */
class Started {
  readonly #send: AnswerCallOptions['send'];
  #isTold = false;

  constructor(send: AnswerCallOptions['send']) {
    this.#send = send;
  }

  tell(run?: { readonly run_id: string }): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#send({ type: 'started', ...run });
  }

  /** Hears the headers of a call. Its context is its own, and stays the one that the caller of `answerCall` holds. */
  listenTo(ctx: Context): void {
    const { setHeader } = ctx;
    Object.assign(ctx, {
      setHeader: (name: string, value: string | null) => {
        setHeader(name, value);
        if (name === 'x-run-id' && value !== null) this.tell({ run_id: value });
      },
    });
  }
}

/** Runs a call, and returns its last answer. Throws what the procedure throws. */
export async function answerCall(call: Call, options: AnswerCallOptions): Promise<Result> {
  const { router, ctx, signal, send } = options;
  const { type, path, input } = call;
  const started = new Started(send);
  if (type === 'subscription') started.listenTo(ctx);
  const output = await callTRPCProcedure({
    router,
    path,
    type,
    ctx,
    signal,
    getRawInput: async () => input,
    batchIndex: 0,
  });
  if (type !== 'subscription') return { type: 'data', data: output };
  if (!isAsyncIterable(output)) throw new Error(`The subscription ${path} has no events.`);
  if (!isOfNewRun(output)) started.tell();
  for await (const value of output) {
    if (signal.aborted) break;
    started.tell();
    send(eventOf(value));
  }
  started.tell();
  return { type: 'stopped' };
}
