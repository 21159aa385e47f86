import type { CreatedKey, CreateKeyRequest } from '../../contracts/keys/key.ts';
import { type Gateway, startGateway } from './start-gateway.ts';
import { upstreamKey } from './start-scripted.ts';
import type { RecordedRequest } from './upstream/recorded-request.ts';
import { type ScriptedUpstream, startUpstream } from './upstream/start-upstream.ts';

export interface HelpersGateway extends Gateway {
  readonly upstream: ScriptedUpstream;
  /** The chats that one model of the upstream was asked: `talker` or `writer`. */
  asked(model: string): readonly RecordedRequest[];
  createKey(fields?: Partial<CreateKeyRequest>): Promise<CreatedKey>;
}

/**
 * A gateway where `talker` costs nothing and has a window of 1,000 tokens, and `writer`, whose tokens cost 1 micro-USD,
 * is what the gateway asks by itself. `helpers` are lines of the models file, such as `titles: { model: writer }`.
 */
export async function startHelpers(helpers: string): Promise<HelpersGateway> {
  const upstream = await startUpstream({ apiKey: upstreamKey });
  const gateway = await startGateway({
    models: `providers:
  up: { kind: openai-compatible, base_url: "${upstream.url}", api_key_env: UPSTREAM_KEY }
models:
  - { alias: talker, context_window: 1000, input: [text, image], backends: [{ provider: up, model: talker }] }
  - { alias: writer, context_window: 4000, price: { input: 1, output: 1 }, backends: [{ provider: up, model: writer }] }
${helpers}
`,
    env: { UPSTREAM_KEY: upstreamKey },
  });
  return {
    ...gateway,
    upstream,
    asked: (model) => upstream.chats.filter(({ body }) => JSON.parse(body.toString()).model === model),
    async createKey(fields = {}) {
      const response = await gateway.call('POST', '/api/keys', { name: 'test', ...fields });
      if (response.status !== 200) throw new Error(await response.text());
      return response.json();
    },
    async close() {
      await gateway.close();
      await upstream.close();
    },
  };
}
