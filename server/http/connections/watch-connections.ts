import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { AppError } from '../../errors/app-error.ts';
import type { TrustedProxies } from '../../features/access/trusted-proxies.ts';
import { answerOf } from '../answer-of.ts';
import { answerOnSocket } from '../hooks/client-error.ts';
import { connectionOf, noop } from './connection.ts';
import { SlowTransfers, type TransferLimits } from './slow-transfers.ts';
import { Strangers } from './strangers.ts';
import { UnsentBytes } from './unsent-bytes.ts';

export interface ConnectionLimits {
  /** How many connections of one address may be open without a valid key; 0: any number. */
  readonly withoutKey: number;
  readonly transfers: TransferLimits;
  /** How many bytes of answers may wait for slow clients, of all connections together; 0: any number. */
  readonly unsentBytes: number;
}

function drop(socket: Socket, most: number): void {
  const message = `More than ${most} connections of this address have not shown a valid key (CONNECTIONS_WITHOUT_KEY).`;
  if (answerOf(socket)) socket.destroy();
  else answerOnSocket(socket, new AppError('rate_limit_exceeded', message, { retryAfter: 10 }));
}

/** Applies the limits to the connections of a server. */
export function watchConnections(
  server: Server,
  { withoutKey, transfers, unsentBytes }: ConnectionLimits,
  proxies: TrustedProxies,
  warn: (message: string) => void,
): void {
  const strangers = new Strangers<Socket>(withoutKey, (longest) => drop(longest, withoutKey));
  const slow = new SlowTransfers(transfers);
  const unsent = new UnsentBytes(unsentBytes, (count) =>
    warn(
      `Slow clients were disconnected (${count}): more than ${unsentBytes} bytes waited for all slow clients (UNSENT_BYTES).`,
    ),
  );
  const watched = new WeakSet<Socket>();
  server.once('close', () => {
    slow.close();
    unsent.close();
  });
  server.on('connection', (socket: Socket) => {
    // `ignore-upgrades.ts` emits this event again for a connection that it puts back.
    if (watched.has(socket)) return;
    watched.add(socket);
    const connection = connectionOf(socket);
    const peer = socket.remoteAddress ?? '';
    // A trusted proxy has the connections of all its clients, and limits them itself.
    const leaveStrangers = proxies.has(peer) ? noop : strangers.add(peer, socket);
    slow.add(connection);
    unsent.add(connection);
    connection.becomeKnown = () => {
      leaveStrangers();
      connection.becomeKnown = () => {};
    };
    connection.leaveHttp = () => {
      leaveStrangers();
      slow.remove(connection);
    };
    socket.once('close', () => {
      connection.leaveHttp();
      unsent.remove(connection);
    });
  });
}
