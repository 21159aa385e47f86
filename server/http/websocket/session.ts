import { AppError } from '../../errors/app-error.ts';
import { shuttingDown } from '../../errors/shutting-down.ts';
import { toAppError } from '../../errors/to-wire.ts';
import { type HeldBytes, Hold } from '../../features/access/held-bytes.ts';
import { holderOf, RequestHold } from '../../features/access/request-hold.ts';
import { newRequestId } from '../../features/access/request-id.ts';
import type { TraceParent } from '../../features/access/request-watch.ts';
import type { TokenGuard } from '../../features/access/token-guard.ts';
import { traceParentOf } from '../../features/access/trace-parent.ts';
import type { Context } from '../../rpc/context.ts';
import { errorShapeOf } from '../../rpc/error-shape.ts';
import type { AppRouter } from '../../rpc/router.ts';
import type { TransferLimits } from '../connections/slow-transfers.ts';
import type { Strangers } from '../connections/strangers.ts';
import { createCallContext, toUnmeteredFailure } from './call-context.ts';
import { type Answer, Calls } from './calls.ts';
import { CloseCode } from './close-codes.ts';
import type { MessageLimits, Refusal } from './frame-reader.ts';
import type { CallId } from './id-scanner.ts';
import { Identity, type IdentityDeps } from './identity.ts';
import {
  type Call,
  hasMoreElements,
  idOf,
  idsOf,
  type Message,
  type ProcedureType,
  readFrame,
  readMessage,
  toFrameError,
} from './read-messages.ts';
import { expectedParams, lateKey, lateParams, tooManyStrangers, unkeptMessage } from './refusals.ts';
import type { ServedWebsocket, Upgraded } from './served-websocket.ts';
import { StrangerAllowance } from './stranger-allowance.ts';
import { tooManyCalls } from './too-many-calls.ts';
import { Websocket, type WebsocketHandler } from './websocket.ts';
import { keyLimits, STRANGER_LIMITS, STRANGER_MESSAGE_CALLS } from './websocket-limits.ts';

export interface SessionDeps extends IdentityDeps {
  readonly router: AppRouter;
  readonly guard: TokenGuard;
  /** The kind of each procedure. */
  readonly procedures: ReadonlyMap<string, ProcedureType>;
  /** The longest message, in bytes. */
  readonly maxBodyBytes: number;
  readonly maxBodyValues: number;
  /** How many calls one message may have, and how many may run at once. */
  readonly maxCalls: number;
  /** The unfinished messages of each key. */
  readonly unfinished: HeldBytes;
  /** The requests of each key. */
  readonly held: HeldBytes;
  /** How slowly a client may send and take. */
  readonly transfers: TransferLimits;
  /** The connections that have not shown a valid key. */
  readonly strangers: Strangers<Session>;
  readonly logError: (error: unknown) => void;
  readonly report: Context['report'];
}

/** A message that is read. */
interface Frame {
  readonly text: Buffer;
  /** How many calls it may have. */
  readonly most: number;
  readonly hold: RequestHold;
}

/** tRPC's protocol on one websocket: identifies the client, runs its calls, and sends the answers. */
export class Session implements WebsocketHandler, ServedWebsocket {
  readonly #deps: SessionDeps;
  readonly #socket: Websocket;
  readonly #identity: Identity;
  readonly #calls: Calls;
  #expectsParams: boolean;
  /** Whether a message has come before. */
  #begun = false;
  #leaving = false;
  readonly #allowance = new StrangerAllowance();
  readonly #hold: Hold;
  #leaveStrangers: (() => void) | null = null;
  readonly #parent: TraceParent | undefined;

  constructor(deps: SessionDeps, { socket, headers, address, expectsParams }: Upgraded) {
    this.#deps = deps;
    this.#hold = new Hold(deps.unfinished);
    this.#expectsParams = expectsParams;
    this.#socket = new Websocket(socket, this, deps.transfers);
    const { closed } = this.#socket;
    this.#parent = traceParentOf(headers);
    this.#identity = new Identity(deps, { headers, address, closed, leaveStrangers: () => this.#leaveStrangers?.() });
    this.#calls = new Calls({
      router: deps.router,
      procedures: deps.procedures,
      most: deps.maxCalls,
      createContext: (hold) => this.#createContext(hold),
      answer: (id, answer) => this.#answer(id, answer),
      failed: (error, call, ctx) => this.#callFailed(error, call, ctx),
      idle: () => this.#closeWhenLeaving(),
    });
    closed.addEventListener('abort', () => this.#calls.stopAll(), { once: true });
    if (!expectsParams) this.#identify();
    // A client that came with a valid key does not count as a stranger.
    if (this.#identity.principal === null && this.#socket.isOpen) {
      this.#leaveStrangers = deps.strangers.add(address, this);
    }
  }

  /** Calls and subscriptions under way. */
  get callCount(): number {
    return this.#calls.count;
  }

  get closed(): AbortSignal {
    return this.#socket.closed;
  }

  check(now: number): void {
    this.#socket.check(now);
    if (!this.#identity.isOverdue(now)) return;
    this.#end(lateKey(this.#deps.keyWithinMs), CloseCode.policy);
  }

  /** Closes this websocket in favour of another one of its address. Neither has shown a key. */
  makeRoom(): void {
    this.#end(tooManyStrangers(this.#deps.strangers.most), CloseCode.tryAgainLater);
  }

  leave(): void {
    this.#leaving = true;
    if (this.#calls.count === 0) this.#closeWhenLeaving();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  limits(): MessageLimits {
    return this.#identity.principal ? keyLimits(this.#deps.maxBodyBytes) : STRANGER_LIMITS;
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
    if (!this.#mayRead()) return;
    const word = text.length === 4 ? text.toString('latin1') : '';
    if (word === 'PING') this.#socket.send('PONG');
    if (word === 'PING' || word === 'PONG') return;
    const most = this.#identity.principal ? this.#deps.maxCalls : STRANGER_MESSAGE_CALLS;
    if (hasMoreElements(text, most)) this.#refuseAll(idsOf(text), tooManyCalls(most));
    else this.#read(text, most);
  }

  /** Whether a message is read. The websocket of a stranger who has sent too many is closed. */
  #mayRead(): boolean {
    if (!this.#socket.isOpen || this.#identity.principal) return this.#socket.isOpen;
    try {
      this.#allowance.countMessage();
      return true;
    } catch (error) {
      this.#end(error, CloseCode.policy);
      return false;
    }
  }

  #read(text: Buffer, most: number): void {
    const hold = new RequestHold(this.#deps.held, this.#identity.principal);
    try {
      hold.grow(text.length);
      const reading = readFrame(text, this.#deps.maxBodyValues);
      if (reading instanceof Promise) void this.#socket.pauseFor(() => this.#takeLong({ text, most, hold }, reading));
      else this.#takeAll({ text, most, hold }, reading);
    } catch (error) {
      hold.release();
      this.#refuseText(text, error);
    }
  }

  async #takeLong(frame: Frame, reading: Promise<unknown[]>): Promise<void> {
    try {
      this.#takeAll(frame, await reading);
    } catch (error) {
      frame.hold.release();
      this.#refuseText(frame.text, error);
    }
  }

  /** The calls of a message share its bytes: each counts them until it has ended. */
  #takeAll({ most, hold }: Frame, values: readonly unknown[]): void {
    if (values.length > most) this.#refuseAll(values.map(idOf), tooManyCalls(most));
    else for (const value of values) this.#take(readMessage(value), hold);
    hold.release();
  }

  #refuseText(text: Buffer, error: unknown): void {
    const isRefused = error instanceof AppError && error.code !== 'invalid_json';
    if (isRefused) this.#refuseAll(idsOf(text), error);
    else this.#refuseUnnamed(toFrameError(error));
  }

  refused(why: Refusal, ids: readonly CallId[]): void {
    if (this.#mayRead()) this.#refuseAll(ids, unkeptMessage(why, this.#deps));
  }

  #take(message: Message, hold: RequestHold): void {
    // The websocket may have been closed while the message was read, or by an earlier message.
    if (!this.#socket.isOpen) return;
    const isFirst = !this.#begun;
    this.#begun = true;
    switch (message.kind) {
      case 'params':
        if (isFirst || this.#expectsParams) this.#show(message.apiKey);
        else this.#refuse(null, lateParams());
        return;
      case 'stop':
        this.#calls.stop(message.id);
        return;
      case 'wrong':
        if (message.id === null) this.#refuseUnnamed(message.error);
        else this.#refuse(message.id, message.error);
        return;
      case 'call':
        this.#call(message, hold);
    }
  }

  #show(apiKey: string | null): void {
    this.#expectsParams = false;
    this.#identity.show(apiKey);
    this.#identify();
  }

  /**
   * Checks the key. An invalid key fails calls, not the connection: otherwise tRPC's clients would reconnect for ever.
   */
  #identify(): void {
    try {
      this.#identity.authenticate();
    } catch (error) {
      if (toAppError(error).code === 'rate_limit_exceeded') this.#end(error, CloseCode.tryAgainLater);
    }
  }

  #call(call: Call, hold: RequestHold): void {
    try {
      if (this.#leaving) throw shuttingDown();
      if (this.#expectsParams) throw expectedParams();
      if (!this.#identity.principal) this.#allowance.countCall();
      this.#calls.start(call, hold);
    } catch (error) {
      this.#reportRefusal(call.path, error);
      this.#refuse(call.id, error);
    }
  }

  /** Other calls than subscriptions report their failures themselves. */
  #callFailed(error: unknown, { type, path }: Call, ctx: Context): void {
    this.#deps.logError(error);
    const failed = type === 'subscription' ? toUnmeteredFailure(error, ctx) : null;
    if (failed) this.#deps.report?.({ ...failed, operation: path });
  }

  /** Reports a call that was refused before it had a context. */
  #reportRefusal(path: string, failure: unknown): void {
    // A name that is not a procedure's is the client's own text.
    const operation = this.#deps.procedures.has(path) ? path : 'unknown procedure';
    const { principal } = this.#identity;
    const { status } = toAppError(failure);
    const call = { requestId: newRequestId(), operation, principal, status, failure, ms: 0, parent: this.#parent };
    this.#deps.report?.(call);
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

  #answer(id: CallId | null, answer: Answer): void {
    this.#socket.send(JSON.stringify({ id, ...answer }));
  }

  #refuse(id: CallId | null, error: unknown): void {
    this.#answer(id, { error: errorShapeOf(this.#deps.router, error) });
  }

  /**
   * Refuses a message without an id. When the URL promised connection parameters and something else comes first, the
   * client is not one of tRPC's, so the websocket is closed.
   */
  #refuseUnnamed(error: unknown): void {
    if (this.#expectsParams) this.#end(error, CloseCode.policy);
    else this.#refuse(null, error);
  }

  /** Sends the error to each call, or once without an id when no call has one. */
  #refuseAll(ids: readonly (CallId | null)[], error: AppError): void {
    const named = new Set(ids.filter((id) => id !== null));
    for (const id of named.size > 0 ? named : [null]) this.#refuse(id, error);
  }

  /** Sends the reason as a message and as a close reason, and closes. */
  #end(thrown: unknown, code: number): void {
    const error = toAppError(thrown);
    this.#refuse(null, error);
    this.#socket.close(code, `${error.code}: ${error.message}`);
  }

  #closeWhenLeaving(): void {
    if (this.#leaving) this.#socket.close(CloseCode.goingAway, 'service_unavailable: The gateway is shutting down.');
  }
}
