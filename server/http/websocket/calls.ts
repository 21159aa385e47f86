import { AppError } from '../../errors/app-error.ts';
import type { RequestHold } from '../../features/access/request-hold.ts';
import type { Context } from '../../rpc/context.ts';
import { errorShapeOf } from '../../rpc/error-shape.ts';
import type { AppRouter } from '../../rpc/router.ts';
import { answerCall, type Result } from './answer-call.ts';
import type { CallId } from './id-scanner.ts';
import type { Call, ProcedureType } from './read-messages.ts';

/** The answer to a call, without the call's id. */
export type Answer = { readonly result: Result } | { readonly error: ReturnType<typeof errorShapeOf> };

export interface CallsOptions {
  readonly router: AppRouter;
  /** The kind of each procedure, by its name. */
  readonly procedures: ReadonlyMap<string, ProcedureType>;
  /** How many calls may run at once. */
  readonly most: number;
  /** Makes the context of one call, whose message is held. */
  readonly createContext: (hold: RequestHold) => Context;
  readonly answer: (id: CallId, answer: Answer) => void;
  /** Receives what a procedure threw. */
  readonly failed: (error: unknown, call: Call, ctx: Context) => void;
  /** Called when the last running call has ended. */
  readonly idle: () => void;
}

/** The calls that run on one websocket. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #running = new Map<CallId, AbortController>();

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#running.size;
  }

  /** Starts a call, which holds its message until it has ended. Throws the reason when it is refused. */
  start(call: Call, hold: RequestHold): void {
    this.#ensureAcceptable(call);
    const controller = new AbortController();
    this.#running.set(call.id, controller);
    hold.share();
    void this.#run(call, controller.signal, hold);
  }

  stop(id: CallId): void {
    this.#running.get(id)?.abort();
  }

  stopAll(): void {
    for (const controller of this.#running.values()) controller.abort();
  }

  #ensureAcceptable({ id, type, path }: Call): void {
    const { most, procedures } = this.#options;
    if (this.#running.has(id)) {
      throw new AppError('invalid_message', `A call with the id ${JSON.stringify(id)} is still running.`, {
        param: 'id',
      });
    }
    if (this.#running.size >= most) {
      throw new AppError(
        'rate_limit_exceeded',
        `${most} calls and subscriptions are under way on this websocket, which is the most at once (TRPC_CALLS).`,
        { retryAfter: 1 },
      );
    }
    const kind = procedures.get(path);
    if (!kind) {
      const shown = JSON.stringify(path.slice(0, 100));
      throw new AppError('route_not_found', `There is no procedure ${shown}.`, { param: 'params.path' });
    }
    if (kind !== type) {
      throw new AppError('method_not_allowed', `"${path}" is a ${kind}, and was called as a ${type}.`, {
        param: 'method',
      });
    }
  }

  async #run(call: Call, signal: AbortSignal, hold: RequestHold): Promise<void> {
    const { router, createContext, answer, idle } = this.#options;
    const send = (result: Result) => answer(call.id, { result });
    const ctx = createContext(hold);
    let last: Answer;
    try {
      last = { result: await answerCall(call, { router, ctx, signal, send }) };
      if (ctx.socket?.isFull) await ctx.socket.drained(signal);
    } catch (error) {
      if (!signal.aborted) this.#options.failed(error, call, ctx);
      last = this.#answerTo(error, call, signal);
    }
    hold.release();
    // The id is free before the client gets the answer: the client may use it again at once.
    this.#running.delete(call.id);
    answer(call.id, last);
    if (this.#running.size === 0) idle();
  }

  /** A subscription that the client stopped is answered with `stopped`, even when stopping it threw an error. */
  #answerTo(error: unknown, { type, path }: Call, signal: AbortSignal): Answer {
    if (signal.aborted && type === 'subscription') return { result: { type: 'stopped' } };
    return { error: errorShapeOf(this.#options.router, error, path) };
  }
}
