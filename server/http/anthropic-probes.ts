import type { FastifyInstance } from 'fastify';

/** What Anthropic's clients ask before they begin, to see whether anybody is there; without a key, as at Anthropic. */
export async function anthropicProbesPlugin(app: FastifyInstance): Promise<void> {
  for (const url of ['/v1/messages', '/v1/messages/count_tokens']) app.head(url, (_request, reply) => reply.send());
  app.get('/api/hello', (_request, reply) => reply.send({ message: 'hello' }));
}
