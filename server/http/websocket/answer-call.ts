import { type AnyTRPCRouter, callTRPCProcedure, isTrackedEnvelope } from '@trpc/server';
import type { Context } from '../../rpc/context.ts';
import type { Call } from './read-messages.ts';

/** One answer to a call: an event of a subscription, or the final result. */
export type Result =
  | { readonly type: 'started' }
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

/** Runs a call, and returns its last answer. Throws what the procedure throws. */
export async function answerCall(call: Call, { router, ctx, signal, send }: AnswerCallOptions): Promise<Result> {
  const { type, path, input } = call;
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
  send({ type: 'started' });
  for await (const value of output) {
    if (signal.aborted) break;
    send(eventOf(value));
  }
  return { type: 'stopped' };
}
