import type { FastifyInstance } from 'fastify';

/**
 * Answers the probe that Anthropic's clients send before their first request, to see whether a server is there. It
 * needs no key, as at Anthropic.
 */
export async function anthropicProbesPlugin(app: FastifyInstance): Promise<void> {
  for (const url of ['/v1/messages', '/v1/messages/count_tokens']) app.head(url, (_request, reply) => reply.send());
  app.get('/api/hello', (_request, reply) => reply.send({ message: 'hello' }));
}
