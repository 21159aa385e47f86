/** The ways in which the clients of a fault ask. All but `stateless` are stored. */
export const transports = [
  'json',
  'sse',
  'websocket',
  'response',
  'background',
  'response-websocket',
  'stateless',
] as const;
export type Transport = (typeof transports)[number];

/**
 * How an answer ended for its client. `failed`: an error came, before the answer or in it. `cut`: the connection ended
 * without either.
 */
export type TraceEnd = 'open' | 'completed' | 'failed' | 'cut';

export interface SeenEvent {
  readonly number: number;
  readonly data: unknown;
}

/** What one client saw of one answer. */
export class Trace {
  readonly transport: Transport;
  /** What it asked; no other one asks the same. */
  readonly message: string;
  runId: string | null = null;
  responseId: string | null = null;
  readonly events: SeenEvent[] = [];
  text = '';
  end: TraceEnd = 'open';
  /** The code of the error that it got. */
  error: string | null = null;

  constructor(transport: Transport, message: string) {
    this.transport = transport;
    this.message = message;
  }

  fail(error: unknown): void {
    this.end = 'failed';
    this.error = String(error);
  }

  /** Whether the gateway has told the client that it took the request. */
  get isAcknowledged(): boolean {
    return this.runId !== null || this.responseId !== null;
  }
}

/** The gateway as clients reach it. */
export interface Target {
  readonly url: string;
  readonly key: string;
}
