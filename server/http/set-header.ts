import type { FastifyReply } from 'fastify';

/** Sets a header of the answer that is to come; null takes it back. */
export function setHeader(reply: FastifyReply, name: string, value: string | null): void {
  if (value === null) reply.removeHeader(name);
  else reply.header(name, value);
}
