import type { FastifyReply } from 'fastify';

const plain = /^[\x20-\x7e]*$/;

/** Names of models may hold any letter, headers only ASCII. */
const encode = (value: string) => (plain.test(value) ? value : value.replace(/[^\x20-\x7e]+/gu, encodeURIComponent));

/** Sets a header of the answer that is to come; null takes it back. */
export function setHeader(reply: FastifyReply, name: string, value: string | null): void {
  if (value === null) reply.removeHeader(name);
  else reply.header(name, encode(value));
}
