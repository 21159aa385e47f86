import type { CreatedKey, CreateKeyRequest } from '../../contracts/keys/key.ts';
import { createKey } from './create-key.ts';
import { type ScriptedGateway, startOverUpstream } from './start-scripted.ts';
import type { RecordedRequest } from './upstream/recorded-request.ts';

export interface HelpersGateway extends ScriptedGateway {
  /** The chats that one model of the upstream was asked: `talker` or `writer`. */
  asked(model: string): readonly RecordedRequest[];
  createKey(fields?: Partial<CreateKeyRequest>): Promise<CreatedKey>;
}

/**
 * A gateway where `talker` costs nothing and has a window of 1,000 tokens, and `writer`, whose tokens cost 1 micro-USD,
 * is the model that the gateway asks by itself. `helpers` are lines of the models file, such as `titles: { model: writer }`.
 */
export async function startHelpers(helpers: string): Promise<HelpersGateway> {
  const gateway = await startOverUpstream(
    (url) => `providers:
  up: { kind: openai-compatible, base_url: "${url}", api_key_env: UPSTREAM_KEY }
models:
  - { alias: talker, context_window: 1000, input: [text, image], backends: [{ provider: up, model: talker }] }
  - { alias: writer, context_window: 4000, price: { input: 1, output: 1 }, backends: [{ provider: up, model: writer }] }
${helpers}
`,
  );
  return {
    ...gateway,
    asked: (model) => gateway.upstream.chats.filter(({ body }) => JSON.parse(body.toString()).model === model),
    createKey: (fields) => createKey(gateway, fields),
  };
}
