import { toAppError } from '../../errors/to-wire.ts';
import { type HeldBytes, Hold } from '../../features/access/held-bytes.ts';
import { holderOf, RequestHold } from '../../features/access/request-hold.ts';
import type { TraceParent } from '../../features/access/request-watch.ts';
import type { TokenGuard } from '../../features/access/token-guard.ts';
import { traceParentOf } from '../../features/access/trace-parent.ts';
import type { Context } from '../../rpc/context.ts';
import type { AppRouter } from '../../rpc/router.ts';
import type { TransferLimits } from '../connections/slow-transfers.ts';
import { type ReadJson, readJson } from '../json-body/read-json.ts';
import { createCallContext, toUnmeteredFailure } from './call-context.ts';
import { CloseCode } from './close-codes.ts';
import type { MessageLimits, Refusal } from './frame-reader.ts';
import type { CallId } from './id-scanner.ts';
import { Identity, type IdentityDeps } from './identity.ts';
import type { ServedWebsocket, Upgraded } from './served-websocket.ts';
import { Websocket, type WebsocketHandler } from './websocket.ts';

export interface SessionDeps extends IdentityDeps {
  readonly router: AppRouter;
  readonly guard: TokenGuard;
  /** The longest message, in bytes. */
  readonly maxBodyBytes: number;
  readonly maxBodyValues: number;
  /** The unfinished messages of each key. */
  readonly unfinished: HeldBytes;
  /** The requests of each key. */
  readonly held: HeldBytes;
  /** How slowly a client may send and take. */
  readonly transfers: TransferLimits;
  readonly logError: (error: unknown) => void;
  readonly report: Context['report'];
}

/** What a session does with a message. */
interface MessageReader {
  /** Takes what was read. It releases the hold when nothing needs the message any more. */
  readonly take: (value: unknown, hold: RequestHold) => void;
  /** Receives why the message could not be read or taken. */
  readonly refuse: (error: unknown) => void;
}

/** What the sessions of all protocols share: who the client is, what its messages hold, and how it is asked to leave. */
export abstract class Session implements WebsocketHandler, ServedWebsocket {
  protected readonly socket: Websocket;
  protected readonly identity: Identity;
  protected readonly parent: TraceParent | undefined;
  protected isLeaving = false;
  readonly #deps: SessionDeps;
  readonly #unfinished: Hold;

  constructor(deps: SessionDeps, { socket, headers, address }: Upgraded) {
    this.#deps = deps;
    this.#unfinished = new Hold(deps.unfinished);
    this.socket = new Websocket(socket, this, deps.transfers);
    const { closed } = this.socket;
    this.parent = traceParentOf(headers);
    this.identity = new Identity(deps, { headers, address, closed, leaveStrangers: () => this.leaveStrangers() });
  }

  abstract get callCount(): number;
  abstract check(now: number): void;
  abstract limits(): MessageLimits;
  abstract message(text: Buffer): void;
  abstract refused(why: Refusal, ids: readonly CallId[]): void;

  /** Sends an error that belongs to no call. */
  protected abstract sendError(error: unknown): void;

  /** Called as soon as the key is known, and when the websocket closes. */
  protected leaveStrangers(): void {}

  get closed(): AbortSignal {
    return this.socket.closed;
  }

  leave(): void {
    this.isLeaving = true;
    this.closeWhenIdle();
  }

  terminate(): void {
    this.socket.terminate();
  }

  reserve(bytes: number): boolean {
    return this.#unfinished.grow(holderOf(this.identity.principal), bytes);
  }

  release(): void {
    this.#unfinished.release();
  }

  failed(error: unknown): void {
    this.#deps.logError(error);
  }

  /** Closes the websocket when it was asked to leave and no call is running. */
  protected closeWhenIdle(): void {
    if (!this.isLeaving || this.callCount > 0) return;
    this.socket.close(CloseCode.goingAway, 'service_unavailable: The gateway is shutting down.');
  }

  /** Sends the reason as a message and as a close reason, and closes. */
  protected end(thrown: unknown, code: number): void {
    const error = toAppError(thrown);
    this.sendError(error);
    this.socket.close(code, `${error.code}: ${error.message}`);
  }

  /** Parses a message, whose bytes its key holds. Further messages wait while a long one is parsed. */
  protected read(text: Buffer, { take, refuse }: MessageReader): void {
    const hold = new RequestHold(this.#deps.held, this.identity.principal);
    const fail = (error: unknown) => {
      hold.release();
      refuse(error);
    };
    const takeRead = ({ value }: ReadJson) => take(value, hold);
    try {
      hold.grow(text.length);
      const reading = readJson(text, this.#deps.maxBodyValues);
      if (reading instanceof Promise) void this.socket.pauseFor(() => reading.then(takeRead).catch(fail));
      else takeRead(reading);
    } catch (error) {
      fail(error);
    }
  }

  protected createContext(hold: RequestHold): Context {
    const { gate, guard, report } = this.#deps;
    const { identity, parent, socket } = this;
    return createCallContext({ hold, identity, gate, guard, report, parent, socket });
  }

  /** Reports a stream that failed before it reached a model. */
  protected reportUnmetered(error: unknown, operation: string, ctx: Context): void {
    const failed = toUnmeteredFailure(error, ctx);
    if (failed) this.#deps.report?.({ ...failed, operation });
  }
}
