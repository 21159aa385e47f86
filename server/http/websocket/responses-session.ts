import { ResponseCreate } from '../../../contracts/responses/request.ts';
import { AppError } from '../../errors/app-error.ts';
import { shuttingDown } from '../../errors/shutting-down.ts';
import { toAppError, toWireError } from '../../errors/to-wire.ts';
import type { HeldBytes } from '../../features/access/held-bytes.ts';
import { holderOf, type RequestHold } from '../../features/access/request-hold.ts';
import type { Context } from '../../rpc/context.ts';
import { answerCall, type Result } from './answer-call.ts';
import { CloseCode } from './close-codes.ts';
import type { MessageLimits, Refusal } from './frame-reader.ts';
import { LaneMemory } from './lane-memory.ts';
import { Lanes } from './lanes.ts';
import { unkeptMessage } from './refusals.ts';
import type { Upgraded } from './served-websocket.ts';
import { Session, type SessionDeps } from './session.ts';
import { keyLimits } from './websocket-limits.ts';

export interface ResponsesSessionDeps extends SessionDeps {
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
export class ResponsesSession extends Session {
  readonly #deps: ResponsesSessionDeps;
  readonly #lanes = new Lanes(() => this.closeWhenIdle());
  readonly #memory: LaneMemory;

  constructor(deps: ResponsesSessionDeps, upgraded: Upgraded) {
    super(deps, upgraded);
    this.#deps = deps;
    this.#memory = new LaneMemory(deps.remembered, () => holderOf(this.identity.principal));
    this.closed.addEventListener('abort', () => this.#memory.forgetAll(), { once: true });
    try {
      this.identity.authenticate();
    } catch (error) {
      const isBusy = toAppError(error).code === 'rate_limit_exceeded';
      this.end(error, isBusy ? CloseCode.tryAgainLater : CloseCode.policy);
    }
  }

  get callCount(): number {
    return this.#lanes.count;
  }

  check(now: number): void {
    this.socket.check(now);
    // The key was revoked.
    if (this.identity.isOverdue(now)) this.end(new AppError('invalid_authorization'), CloseCode.policy);
  }

  limits(): MessageLimits {
    return keyLimits(this.#deps.maxBodyBytes);
  }

  message(text: Buffer): void {
    if (!this.socket.isOpen) return;
    this.read(text, {
      take: (value, hold) => this.#take(value, text.length, hold),
      refuse: (error) => this.sendError(error),
    });
  }

  refused(why: Refusal): void {
    this.sendError(unkeptMessage(why, this.#deps));
  }

  #take(value: unknown, bytes: number, hold: RequestHold): void {
    const lane = laneOf(value);
    try {
      const { stream_id: _id, type: _type, ...request } = ResponseCreate.parse(value);
      if (this.isLeaving) throw shuttingDown();
      this.#lanes.add(lane, () => this.#answer({ lane, request, bytes, hold }).finally(() => hold.release()));
    } catch (error) {
      hold.release();
      this.#refuse(lane, error);
    }
  }

  async #answer({ lane, request, bytes, hold }: Asked): Promise<void> {
    // A signal of its own, since each request listens to it.
    const signal = AbortSignal.any([this.socket.closed]);
    if (signal.aborted) return;
    const send = (result: Result) => {
      const event = eventOf(result);
      if (event) this.#send(lane, event);
    };
    const ctx: Context = { ...this.createContext(hold), memory: this.#memory.of(lane, bytes) };
    try {
      const call = { kind: 'call', id: 0, type: 'subscription', path: PROCEDURE, input: request } as const;
      await answerCall(call, { router: this.#deps.router, ctx, signal, send });
    } catch (error) {
      if (signal.aborted) return;
      this.failed(error);
      this.reportUnmetered(error, PROCEDURE, ctx);
      this.#refuse(lane, toUnknownPrevious(error));
    }
  }

  #send(lane: string | null, event: object): void {
    this.socket.send(JSON.stringify(lane === null ? event : { ...event, stream_id: lane }));
  }

  protected sendError(error: unknown): void {
    this.#refuse(null, error);
  }

  #refuse(lane: string | null, thrown: unknown): void {
    const { status, body, headers } = toWireError(thrown);
    this.#send(lane, { type: 'error', status, error: body.error, headers });
  }
}

/** Clients of this mode begin the conversation again when they read this code. */
function toUnknownPrevious(thrown: unknown): unknown {
  const error = toAppError(thrown);
  if (error.code !== 'response_not_found' || error.param !== 'previous_response_id') return thrown;
  return new AppError('previous_response_not_found', error.message, { param: error.param, cause: thrown });
}
