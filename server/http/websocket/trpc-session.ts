import { AppError } from '../../errors/app-error.ts';
import { shuttingDown } from '../../errors/shutting-down.ts';
import { toAppError } from '../../errors/to-wire.ts';
import type { RequestHold } from '../../features/access/request-hold.ts';
import { newRequestId } from '../../features/access/request-id.ts';
import type { Context } from '../../rpc/context.ts';
import { errorShapeOf } from '../../rpc/error-shape.ts';
import type { Strangers } from '../connections/strangers.ts';
import { type Answer, Calls } from './calls.ts';
import { CloseCode } from './close-codes.ts';
import type { MessageLimits, Refusal } from './frame-reader.ts';
import type { CallId } from './id-scanner.ts';
import {
  type Call,
  hasMoreElements,
  idOf,
  idsOf,
  listOf,
  type Message,
  type ProcedureType,
  readMessage,
  toFrameError,
} from './read-messages.ts';
import { expectedParams, lateKey, lateParams, tooManyStrangers, unkeptMessage } from './refusals.ts';
import type { Upgraded } from './served-websocket.ts';
import { Session, type SessionDeps } from './session.ts';
import { StrangerAllowance } from './stranger-allowance.ts';
import { tooManyCalls } from './too-many-calls.ts';
import { keyLimits, STRANGER_LIMITS, STRANGER_MESSAGE_CALLS } from './websocket-limits.ts';

export interface TrpcSessionDeps extends SessionDeps {
  /** The kind of each procedure. */
  readonly procedures: ReadonlyMap<string, ProcedureType>;
  /** How many calls one message may have, and how many may run at once. */
  readonly maxCalls: number;
  /** The connections that have not shown a valid key. */
  readonly strangers: Strangers<TrpcSession>;
}

/** tRPC's protocol on one websocket: identifies the client, runs its calls, and sends the answers. */
export class TrpcSession extends Session {
  readonly #deps: TrpcSessionDeps;
  readonly #calls: Calls;
  #expectsParams: boolean;
  /** Whether a message has come before. */
  #begun = false;
  readonly #allowance = new StrangerAllowance();
  #leaveStrangers: (() => void) | null = null;

  constructor(deps: TrpcSessionDeps, upgraded: Upgraded) {
    super(deps, upgraded);
    this.#deps = deps;
    this.#expectsParams = upgraded.expectsParams;
    this.#calls = new Calls({
      router: deps.router,
      procedures: deps.procedures,
      most: deps.maxCalls,
      createContext: (hold) => this.createContext(hold),
      answer: (id, answer) => this.#answer(id, answer),
      failed: (error, call, ctx) => this.#callFailed(error, call, ctx),
      idle: () => this.closeWhenIdle(),
    });
    this.closed.addEventListener('abort', () => this.#calls.stopAll(), { once: true });
    if (!this.#expectsParams) this.#identify();
    // A client that came with a valid key does not count as a stranger.
    if (this.identity.principal === null && this.socket.isOpen) {
      this.#leaveStrangers = deps.strangers.add(upgraded.address, this);
    }
  }

  /** Calls and subscriptions under way. */
  get callCount(): number {
    return this.#calls.count;
  }

  check(now: number): void {
    this.socket.check(now);
    if (this.identity.isOverdue(now)) this.end(lateKey(this.#deps.keyWithinMs), CloseCode.policy);
  }

  /** Closes this websocket in favour of another one of its address. Neither has shown a key. */
  makeRoom(): void {
    this.end(tooManyStrangers(this.#deps.strangers.most), CloseCode.tryAgainLater);
  }

  limits(): MessageLimits {
    return this.identity.principal ? keyLimits(this.#deps.maxBodyBytes) : STRANGER_LIMITS;
  }

  message(text: Buffer): void {
    if (!this.#mayRead()) return;
    const word = text.length === 4 ? text.toString('latin1') : '';
    if (word === 'PING') this.socket.send('PONG');
    if (word === 'PING' || word === 'PONG') return;
    const most = this.identity.principal ? this.#deps.maxCalls : STRANGER_MESSAGE_CALLS;
    if (hasMoreElements(text, most)) this.#refuseAll(idsOf(text), tooManyCalls(most));
    else {
      this.read(text, {
        take: (value, hold) => this.#takeAll(listOf(value), most, hold),
        refuse: (error) => this.#refuseText(text, error),
      });
    }
  }

  /** Whether a message is read. The websocket of a stranger who has sent too many is closed. */
  #mayRead(): boolean {
    if (!this.socket.isOpen || this.identity.principal) return this.socket.isOpen;
    try {
      this.#allowance.countMessage();
      return true;
    } catch (error) {
      this.end(error, CloseCode.policy);
      return false;
    }
  }

  /** The calls of a message share its bytes: each counts them until it has ended. */
  #takeAll(values: readonly unknown[], most: number, hold: RequestHold): void {
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
    if (!this.socket.isOpen) return;
    const isFirst = !this.#begun;
    this.#begun = true;
    switch (message.kind) {
      case 'params':
        if (isFirst || this.#expectsParams) this.#show(message.apiKey);
        else this.sendError(lateParams());
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
    this.identity.show(apiKey);
    this.#identify();
  }

  /**
   * Checks the key. An invalid key fails calls, not the connection: otherwise tRPC's clients would reconnect for ever.
   */
  #identify(): void {
    try {
      this.identity.authenticate();
    } catch (error) {
      if (toAppError(error).code === 'rate_limit_exceeded') this.end(error, CloseCode.tryAgainLater);
    }
  }

  #call(call: Call, hold: RequestHold): void {
    try {
      if (this.isLeaving) throw shuttingDown();
      if (this.#expectsParams) throw expectedParams();
      if (!this.identity.principal) this.#allowance.countCall();
      this.#calls.start(call, hold);
    } catch (error) {
      this.#reportRefusal(call.path, error);
      this.#refuse(call.id, error);
    }
  }

  /** Other calls than subscriptions report their failures themselves. */
  #callFailed(error: unknown, { type, path }: Call, ctx: Context): void {
    this.failed(error);
    if (type === 'subscription') this.reportUnmetered(error, path, ctx);
  }

  /** Reports a call that was refused before it had a context. */
  #reportRefusal(path: string, failure: unknown): void {
    // A name that is not a procedure's is the client's own text.
    const operation = this.#deps.procedures.has(path) ? path : 'unknown procedure';
    const { principal } = this.identity;
    const { status } = toAppError(failure);
    const call = { requestId: newRequestId(), operation, principal, status, failure, ms: 0, parent: this.parent };
    this.#deps.report?.(call);
  }

  #answer(id: CallId | null, answer: Answer): void {
    this.socket.send(JSON.stringify({ id, ...answer }));
  }

  protected sendError(error: unknown): void {
    this.#refuse(null, error);
  }

  protected override leaveStrangers(): void {
    this.#leaveStrangers?.();
  }

  #refuse(id: CallId | null, error: unknown): void {
    this.#answer(id, { error: errorShapeOf(this.#deps.router, error) });
  }

  /**
   * Refuses a message without an id. When the URL promised connection parameters and something else comes first, the
   * client is not one of tRPC's, so the websocket is closed.
   */
  #refuseUnnamed(error: unknown): void {
    if (this.#expectsParams) this.end(error, CloseCode.policy);
    else this.sendError(error);
  }

  /** Sends the error to each call, or once without an id when no call has one. */
  #refuseAll(ids: readonly (CallId | null)[], error: AppError): void {
    const named = new Set(ids.filter((id) => id !== null));
    for (const id of named.size > 0 ? named : [null]) this.#refuse(id, error);
  }
}
