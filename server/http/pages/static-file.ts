import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Something that does not change while the process runs, ready to be sent. */
export interface StaticFile {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Made once: whoever asks for it, and however often, costs no more than its bytes. */
export function createStaticFile(
  content: string | Buffer,
  type: string,
  headers: Readonly<Record<string, string>>,
): StaticFile {
  const bytes = Buffer.from(content);
  const etag = `"${createHash('sha256').update(bytes).digest('base64url')}"`;
  return { bytes, headers: { 'content-type': type, 'cache-control': 'no-cache', etag, ...headers } };
}

/** Sends it, or says that the browser's copy is still right (304). */
export function sendStatic(request: FastifyRequest, reply: FastifyReply, { bytes, headers }: StaticFile): FastifyReply {
  reply.headers(headers);
  const { etag = '' } = headers;
  if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send();
  return reply.send(bytes);
}
