import type { IncomingHttpHeaders } from 'node:http';
import type { Socket as NetSocket } from 'node:net';

/** A connection that has become a websocket. */
export interface Upgraded {
  readonly socket: NetSocket;
  readonly headers: IncomingHttpHeaders;
  /** The client's, also where a trusted proxy is in between. */
  readonly address: string;
  /** Whether the first message will be the connection parameters, as tRPC's clients say in the URL. */
  readonly expectsParams: boolean;
}

/** One websocket, whichever protocol it speaks. */
export interface ServedWebsocket {
  readonly closed: AbortSignal;
  /** How many calls or requests are under way. */
  readonly callCount: number;
  /** Call it every second. */
  check(now: number): void;
  /** Takes no more calls, and closes as soon as none is running. */
  leave(): void;
  terminate(): void;
}
