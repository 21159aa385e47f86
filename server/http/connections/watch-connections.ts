import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { AppError } from '../../errors/app-error.ts';
import { answerOf } from '../answer-of.ts';
import { answerOnSocket } from '../hooks/client-error.ts';
import { connectionOf } from './connection.ts';
import { SlowTransfers, type TransferLimits } from './slow-transfers.ts';
import { Strangers } from './strangers.ts';

export interface ConnectionLimits {
  /** Of one address, as long as they have not shown a valid key; 0: any number. */
  readonly withoutKey: number;
  readonly transfers: TransferLimits;
}

function drop(socket: Socket, most: number): void {
  const message = `More than ${most} connections of this address have not shown a valid key (CONNECTIONS_WITHOUT_KEY).`;
  if (answerOf(socket)) socket.destroy();
  else answerOnSocket(socket, new AppError('rate_limit_exceeded', message, { retryAfter: 10 }));
}

/** Holds the connections of a server to their limits. */
export function watchConnections(server: Server, { withoutKey, transfers }: ConnectionLimits): void {
  const strangers = new Strangers<Socket>(withoutKey, (longest) => drop(longest, withoutKey));
  const slow = new SlowTransfers(transfers);
  const watched = new WeakSet<Socket>();
  server.once('close', () => slow.close());
  server.on('connection', (socket: Socket) => {
    // A connection whose client asked for another protocol is announced again.
    if (watched.has(socket)) return;
    watched.add(socket);
    const connection = connectionOf(socket);
    const leaveStrangers = strangers.add(socket.remoteAddress ?? '', socket);
    slow.add(connection);
    connection.becomeKnown = () => {
      leaveStrangers();
      connection.becomeKnown = () => {};
    };
    connection.leaveHttp = () => {
      leaveStrangers();
      slow.remove(connection);
    };
    socket.once('close', connection.leaveHttp);
  });
}
