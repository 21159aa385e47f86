import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Lets a server listen on 127.0.0.1, at a port that the system chooses. Resolves with the port. */
export async function listenLocally(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server listens at no port.');
  return address.port;
}

/** Systems choose ports above these for servers and clients that name none. */
const FIRST = 20_000;
const COUNT = 12_000;
/** No two workers choose the same port. */
const WORKERS = 16;
const worker = Number(process.env.VITEST_POOL_ID ?? 0) % WORKERS;

/**
 * A port of 127.0.0.1 on which nobody listens, for a process that is yet to start. The system gives it to nobody
 * meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    const port = FIRST + Math.floor((Math.random() * COUNT) / WORKERS) * WORKERS + worker;
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
