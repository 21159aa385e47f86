import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { HeldBytes } from '../../features/access/held-bytes.ts';
import { RequestHold } from '../../features/access/request-hold.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request holds of the room of its key; undefined: its body is not kept. */
    hold: RequestHold | undefined;
  }
}

export function decorateHolds(app: FastifyInstance): void {
  app.decorateRequest('hold', undefined);
}

/** Counts the body of a request against its key, until the response has ended. */
export function holdRequest(request: FastifyRequest, held: HeldBytes): RequestHold {
  const hold = new RequestHold(held, request.principal);
  request.hold = hold;
  request.response?.once('close', () => hold.release());
  return hold;
}

/** The pieces of a body that is kept, counted as they arrive. */
export async function* holdPieces(
  pieces: AsyncIterable<Buffer>,
  hold: RequestHold,
): AsyncGenerator<Buffer, void, void> {
  for await (const piece of pieces) {
    hold.grow(piece.length);
    yield piece;
  }
}
