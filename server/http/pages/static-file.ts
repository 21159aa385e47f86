import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A response that does not change while the process runs, ready to be sent. */
export interface StaticFile {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Makes the response once. Each request for it then only costs the bytes that are sent. */
export function createStaticFile(
  content: string | Buffer,
  type: string,
  headers: Readonly<Record<string, string>>,
): StaticFile {
  const bytes = Buffer.from(content);
  const etag = `"${createHash('sha256').update(bytes).digest('base64url')}"`;
  return { bytes, headers: { 'content-type': type, 'cache-control': 'no-cache', etag, ...headers } };
}

/** Sends the file, or 304 when the browser's copy is still current. */
export function sendStatic(request: FastifyRequest, reply: FastifyReply, { bytes, headers }: StaticFile): FastifyReply {
  reply.headers(headers);
  const { etag = '' } = headers;
  if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send();
  return reply.send(bytes);
}
