import { ResponseCreate } from '../../../contracts/responses/request.ts';
import { AppError } from '../../errors/app-error.ts';
import { shuttingDown } from '../../errors/shutting-down.ts';
import { toAppError, toWireError } from '../../errors/to-wire.ts';
import { type HeldBytes, Hold } from '../../features/access/held-bytes.ts';
import { holderOf, RequestHold } from '../../features/access/request-hold.ts';
import type { TraceParent } from '../../features/access/request-watch.ts';
import { traceParentOf } from '../../features/access/trace-parent.ts';
import type { Context } from '../../rpc/context.ts';
import { readJson } from '../json-body/read-json.ts';
import { answerCall, type Result } from './answer-call.ts';
import { createCallContext, toUnmeteredFailure } from './call-context.ts';
import { CloseCode } from './close-codes.ts';
import type { MessageLimits, Refusal } from './frame-reader.ts';
import { Identity } from './identity.ts';
import { LaneMemory } from './lane-memory.ts';
import { Lanes } from './lanes.ts';
import { unkeptMessage } from './refusals.ts';
import type { ServedWebsocket, Upgraded } from './served-websocket.ts';
import type { SessionDeps } from './session.ts';
import { Websocket, type WebsocketHandler } from './websocket.ts';
import { keyLimits } from './websocket-limits.ts';

export interface ResponsesSessionDeps extends Omit<SessionDeps, 'procedures' | 'maxCalls' | 'strangers'> {
  /** What the websockets of each key remember. */
  readonly remembered: HeldBytes;
}

/** The procedure that answers `response.create`. */
const PROCEDURE = 'v1.responses.stream';

/** A `response.create`: what it asks for, and the lane that it names. */
interface Asked {
  readonly lane: string | null;
  readonly request: Readonly<Record<string, unknown>>;
  /** How long its message was. */
  readonly bytes: number;
  /** What its message holds until it is answered. */
  readonly hold: RequestHold;
}

/** The event in a result, without what tRPC puts around it. */
const eventOf = (result: Result): object | null => {
  if (result.type !== 'data') return null;
  const { data } = result;
  const event =
    typeof data === 'object' && data !== null && 'data' in data && result.id !== undefined ? data.data : data;
  return typeof event === 'object' ? event : null;
};

/** The stream that a message names, also when the rest of it is wrong. */
const laneOf = (value: unknown): string | null =>
  ResponseCreate.shape.stream_id.safeParse(Object(value).stream_id).data ?? null;

/** OpenAI's websocket mode of the Responses API: one event begins a response, whose events are the messages back. */
export class ResponsesSession implements WebsocketHandler, ServedWebsocket {
  readonly #deps: ResponsesSessionDeps;
  readonly #socket: Websocket;
  readonly #identity: Identity;
  readonly #hold: Hold;
  readonly #lanes = new Lanes(() => this.#closeWhenLeaving());
  readonly #memory: LaneMemory;
  readonly #parent: TraceParent | undefined;
  #leaving = false;

  constructor(deps: ResponsesSessionDeps, { socket, headers, address }: Upgraded) {
    this.#deps = deps;
    this.#hold = new Hold(deps.unfinished);
    this.#socket = new Websocket(socket, this, deps.transfers);
    const { closed } = this.#socket;
    this.#parent = traceParentOf(headers);
    this.#identity = new Identity(deps, { headers, address, closed, leaveStrangers: () => undefined });
    this.#memory = new LaneMemory(deps.remembered, () => holderOf(this.#identity.principal));
    closed.addEventListener('abort', () => this.#memory.forgetAll(), { once: true });
    try {
      this.#identity.authenticate();
    } catch (error) {
      this.#end(error);
    }
  }

  get closed(): AbortSignal {
    return this.#socket.closed;
  }

  get callCount(): number {
    return this.#lanes.count;
  }

  check(now: number): void {
    this.#socket.check(now);
    // The key was revoked.
    if (this.#identity.isOverdue(now)) this.#end(new AppError('invalid_authorization'));
  }

  leave(): void {
    this.#leaving = true;
    this.#closeWhenLeaving();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  limits(): MessageLimits {
    return keyLimits(this.#deps.maxBodyBytes);
  }

  reserve(bytes: number): boolean {
    return this.#hold.grow(holderOf(this.#identity.principal), bytes);
  }

  release(): void {
    this.#hold.release();
  }

  failed(error: unknown): void {
    this.#deps.logError(error);
  }

  message(text: Buffer): void {
    if (!this.#socket.isOpen) return;
    const hold = new RequestHold(this.#deps.held, this.#identity.principal);
    try {
      hold.grow(text.length);
      const reading = readJson(text, this.#deps.maxBodyValues);
      if (reading instanceof Promise) void this.#socket.pauseFor(() => this.#takeLong(reading, text.length, hold));
      else this.#take(reading.value, text.length, hold);
    } catch (error) {
      hold.release();
      this.#refuse(null, error);
    }
  }

  refused(why: Refusal): void {
    this.#refuse(null, unkeptMessage(why, this.#deps));
  }

  async #takeLong(reading: Promise<{ readonly value: unknown }>, bytes: number, hold: RequestHold): Promise<void> {
    try {
      this.#take((await reading).value, bytes, hold);
    } catch (error) {
      hold.release();
      this.#refuse(null, error);
    }
  }

  #take(value: unknown, bytes: number, hold: RequestHold): void {
    const lane = laneOf(value);
    try {
      const { stream_id: _id, type: _type, ...request } = ResponseCreate.parse(value);
      if (this.#leaving) throw shuttingDown();
      this.#lanes.add(lane, () => this.#answer({ lane, request, bytes, hold }).finally(() => hold.release()));
    } catch (error) {
      hold.release();
      this.#refuse(lane, error);
    }
  }

  async #answer({ lane, request, bytes, hold }: Asked): Promise<void> {
    // A signal of its own, since each request listens to it.
    const signal = AbortSignal.any([this.#socket.closed]);
    if (signal.aborted) return;
    const send = (result: Result) => {
      const event = eventOf(result);
      if (event) this.#send(lane, event);
    };
    const ctx: Context = { ...this.#createContext(hold), memory: this.#memory.of(lane, bytes) };
    try {
      const call = { kind: 'call', id: 0, type: 'subscription', path: PROCEDURE, input: request } as const;
      await answerCall(call, { router: this.#deps.router, ctx, signal, send });
    } catch (error) {
      if (signal.aborted) return;
      this.#deps.logError(error);
      const failed = toUnmeteredFailure(error, ctx);
      if (failed) this.#deps.report?.({ ...failed, operation: PROCEDURE });
      this.#refuse(lane, toUnknownPrevious(error));
    }
  }

  #createContext(hold: RequestHold): Context {
    const { gate, guard, report } = this.#deps;
    return createCallContext({
      hold,
      identity: this.#identity,
      gate,
      guard,
      report,
      parent: this.#parent,
      socket: this.#socket,
    });
  }

  #send(lane: string | null, event: object): void {
    this.#socket.send(JSON.stringify(lane === null ? event : { ...event, stream_id: lane }));
  }

  #refuse(lane: string | null, thrown: unknown): void {
    const { status, body, headers } = toWireError(thrown);
    this.#send(lane, { type: 'error', status, error: body.error, headers });
  }

  /** Sends the reason as an event and as a close reason, and closes. */
  #end(thrown: unknown): void {
    const error = toAppError(thrown);
    this.#refuse(null, error);
    const code = error.code === 'rate_limit_exceeded' ? CloseCode.tryAgainLater : CloseCode.policy;
    this.#socket.close(code, `${error.code}: ${error.message}`);
  }

  #closeWhenLeaving(): void {
    if (!this.#leaving || this.#lanes.count > 0) return;
    this.#socket.close(CloseCode.goingAway, 'service_unavailable: The gateway is shutting down.');
  }
}

/** Clients of this mode begin the conversation again when they read this code. */
function toUnknownPrevious(thrown: unknown): unknown {
  const error = toAppError(thrown);
  if (error.code !== 'response_not_found' || error.param !== 'previous_response_id') return thrown;
  return new AppError('previous_response_not_found', error.message, { param: error.param, cause: thrown });
}
