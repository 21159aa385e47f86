import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import { answerOf } from '../answer-of.ts';
import { answerOnSocket } from '../hooks/client-error.ts';
import type { ClientConnection } from './connection.ts';
import { Progress, type SlowestTransfer } from './progress.ts';

const TICK_MS = 1_000;

export interface TransferLimits {
  readonly body: SlowestTransfer;
  readonly answer: SlowestTransfer;
}

interface Counters {
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
}

const isCounting = (handle: unknown): handle is Counters =>
  typeof handle === 'object' && handle !== null && 'bytesWritten' in handle && 'writeQueueSize' in handle;

/**
 * How many of the written bytes the system has taken. Node itself counts a piece as written as soon as it hands it on.
 */
export function takenBytes(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  return isCounting(handle) ? handle.bytesWritten - handle.writeQueueSize : socket.bytesWritten - socket.writableLength;
}

/** Whether we are not reading the body: then its sender has to wait for us, and is not slow. */
const isHeldUp = (request: IncomingMessage): boolean => request.readableLength >= request.readableHighWaterMark;

/**
 * Ends transfers that are too slow: request bodies that stall or drip (408 `request_timeout`), and responses that the
 * client does not take. One timer reads the counters that connections keep anyway, so requests do no work for it.
 */
export class SlowTransfers {
  readonly #limits: TransferLimits;
  readonly #connections = new Set<ClientConnection>();
  readonly #timer: NodeJS.Timeout;
  #lookedAt = monotonicNow();

  constructor(limits: TransferLimits) {
    this.#limits = limits;
    this.#timer = setInterval(() => this.#look(monotonicNow()), TICK_MS).unref();
  }

  add(connection: ClientConnection): void {
    this.#connections.add(connection);
  }

  remove(connection: ClientConnection): void {
    this.#connections.delete(connection);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(now: number): void {
    const sinceLast = now - this.#lookedAt;
    this.#lookedAt = now;
    for (const connection of this.#connections) {
      this.#lookAtBody(connection, now, sinceLast);
      this.#lookAtAnswer(connection, now);
    }
  }

  #lookAtBody(connection: ClientConnection, now: number, sinceLast: number): void {
    const { request, socket } = connection;
    if (!request || request.complete) {
      connection.request = null;
      connection.upload = null;
      return;
    }
    connection.upload ??= new Progress(now, socket.bytesRead);
    if (isHeldUp(request)) connection.upload.excuse(sinceLast);
    if (!connection.upload.isTooSlow(now, socket.bytesRead, this.#limits.body)) return;
    connection.request = null;
    giveUpBody(request, socket, this.#limits.body);
  }

  #lookAtAnswer(connection: ClientConnection, now: number): void {
    const { socket } = connection;
    if (socket.writableLength === 0) {
      connection.download = null;
      return;
    }
    const taken = takenBytes(socket);
    connection.download ??= new Progress(now, taken);
    if (connection.download.isTooSlow(now, taken, this.#limits.answer)) socket.destroy();
  }
}

function giveUpBody(request: IncomingMessage, socket: Socket, { stallMs, bytesPerSecond }: SlowestTransfer): void {
  const error = new AppError(
    'request_timeout',
    `The body did not arrive in time: nothing came for ${stallMs / 1000} s (BODY_STALL_SECONDS), or it came more slowly than ${bytesPerSecond} bytes a second (MIN_BYTES_PER_SECOND).`,
  );
  // When something reads the body, it answers with the error, in the dialect of its endpoint.
  if (request.listenerCount('error') > 0) request.emit('error', error);
  else if (answerOf(socket)?.headersSent) socket.destroy();
  else answerOnSocket(socket, error);
}
