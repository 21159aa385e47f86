import type { FastifyReply } from 'fastify';

const plain = /^[\x20-\x7e]*$/;

/** Headers may hold ASCII only, and names of models any character. */
const encode = (value: string) => (plain.test(value) ? value : value.replace(/[^\x20-\x7e]+/gu, encodeURIComponent));

/** Sets a header of the response; null removes it. */
export function setHeader(reply: FastifyReply, name: string, value: string | null): void {
  if (value === null) reply.removeHeader(name);
  else reply.header(name, encode(value));
}
