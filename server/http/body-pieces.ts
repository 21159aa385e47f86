import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';

/** Leaves bodies of every content type unread, for routes that read them with `bodyPieces`. */
export function leaveBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
}

/**
 * The pieces of a body as they arrive. Unlike a stream's own iterator this one never destroys the stream: that would
 * close the connection, on which an error may still have to be answered.
 */
export async function* bodyPieces(body: Readable): AsyncGenerator<Buffer, void, void> {
  let wake = () => {};
  let failure: unknown;
  let ended = body.readableEnded;
  const onReadable = () => wake();
  const onEnd = () => {
    ended = true;
    wake();
  };
  const onError = (error: unknown) => {
    failure ??= error;
    wake();
  };
  const onClose = () => {
    if (!ended) failure ??= new Error('The connection was closed.');
    wake();
  };
  body.on('readable', onReadable).on('end', onEnd).on('error', onError).on('close', onClose);
  try {
    for (;;) {
      const piece: unknown = body.read();
      if (Buffer.isBuffer(piece)) yield piece;
      else if (failure !== undefined) throw failure;
      else if (ended) return;
      else if (body.destroyed) throw new Error('The connection was closed.');
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    body.off('readable', onReadable).off('end', onEnd).off('error', onError).off('close', onClose);
  }
}
