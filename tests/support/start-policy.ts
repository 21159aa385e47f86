import type { CreatedKey } from '../../contracts/keys/key.ts';
import { bearer, type Gateway, startGateway } from './start-gateway.ts';
import { upstreamKey } from './start-scripted.ts';
import type { DialectName } from './upstream/dialects/dialect.ts';
import { type ScriptedUpstream, startUpstream } from './upstream/start-upstream.ts';

const EVERYTHING = 'input: [text, image, audio, video]';
const ENDPOINTS = 'endpoints: [chat, completions, embeddings, speech, transcriptions]';

const models = (url: (dialect: DialectName) => string) => `providers:
  own: { preset: vllm, base_url: "${url('vllm')}" }
  llamacpp: { preset: llamacpp, base_url: "${url('vllm')}" }
  ollama: { preset: ollama, base_url: "${url('vllm')}" }
  lmstudio: { preset: lmstudio, base_url: "${url('vllm')}" }
  openai: { preset: openai, base_url: "${url('vllm')}", api_key_env: UPSTREAM_KEY }
  openrouter: { preset: openrouter, base_url: "${url('vllm')}", api_key_env: UPSTREAM_KEY }
  litellm: { preset: litellm, base_url: "${url('vllm')}", api_key_env: UPSTREAM_KEY }
  unnamed: { kind: openai-compatible, base_url: "${url('vllm')}", api_key_env: UPSTREAM_KEY }
  anthropic: { kind: anthropic, base_url: "${url('anthropic')}", api_key_env: UPSTREAM_KEY }
  responses: { kind: openai-responses, base_url: "${url('openai-responses')}", api_key_env: UPSTREAM_KEY }
  gemini: { kind: gemini, base_url: "${url('gemini')}", api_key_env: UPSTREAM_KEY }
models:
${['own', 'llamacpp', 'ollama', 'lmstudio', 'openai', 'openrouter', 'litellm', 'unnamed']
  .map((name) => `  - { alias: ${name}, ${EVERYTHING}, ${ENDPOINTS}, backends: [{ provider: ${name}, model: m }] }`)
  .join('\n')}
${['anthropic', 'responses', 'gemini']
  .map(
    (name) =>
      `  - { alias: ${name}, ${EVERYTHING}, reasoning: true, backends: [{ provider: ${name}, model: ${name}-3-1 }] }`,
  )
  .join('\n')}
  - { alias: words, input: [text], backends: [{ provider: own, model: m }] }
  - { alias: mixed, ${EVERYTHING}, backends: [{ provider: own, model: m }, { provider: openrouter, model: m }] }
  - { alias: pixels, input: [text, image], output: [text, image], backends: [{ provider: openai, model: gpt-image-1, images: api }] }
  - { alias: painter, input: [text, image], output: [text, image], backends: [{ provider: openrouter, model: m }] }
  - { alias: opened, ${ENDPOINTS}, allow_fields: [service_tier, extra_body.vendor.mode], backends: [{ provider: openrouter, model: m }] }
  - { alias: hosted, hosted_tools: true, backends: [{ provider: openrouter, model: m }] }
  - { alias: hosted-claude, hosted_tools: true, backends: [{ provider: anthropic, model: claude-opus-4-7 }] }
`;

type Call = (path: string, body: unknown, headers?: Record<string, string>) => Promise<Response>;

export interface PolicyGateway extends Gateway {
  readonly upstreams: readonly ScriptedUpstream[];
  /** As the holder of a key, and as the administrator. */
  readonly asKey: Call;
  readonly asAdmin: Call;
  readonly key: string;
  /** Every body that reached an upstream, as one text. */
  received(): string;
  /** How many requests reached an upstream. */
  count(): number;
}

/** A gateway with an alias for each kind of upstream, all of them scripted, and a key. */
export async function startPolicy(): Promise<PolicyGateway> {
  const dialects = ['vllm', 'anthropic', 'openai-responses', 'gemini'] as const;
  const started = await Promise.all(
    dialects.map(async (dialect) => [dialect, await startUpstream({ dialect, unchecked: true })] as const),
  );
  const byDialect = new Map<DialectName, ScriptedUpstream>(started);
  const gateway = await startGateway({
    models: models((dialect) => byDialect.get(dialect)?.url ?? ''),
    env: { UPSTREAM_KEY: upstreamKey },
  });
  const created = await gateway.call('POST', '/api/keys', { name: 'test' });
  const { key }: CreatedKey = await created.json();
  const upstreams = [...byDialect.values()];
  const posts = () => upstreams.flatMap(({ requests }) => requests.filter(({ method }) => method === 'POST'));
  const send =
    (secret: Record<string, string>): Call =>
    (path, body, headers = {}) => {
      if (body instanceof FormData) return fetch(gateway.url + path, { method: 'POST', headers: { ...secret }, body });
      return gateway.call('POST', path, body, { ...secret, ...headers });
    };
  return {
    ...gateway,
    upstreams,
    key,
    asKey: send({ authorization: `Bearer ${key}` }),
    asAdmin: send({ authorization: `Bearer ${bearer}` }),
    received: () =>
      posts()
        .map(({ body, path, headers }) => `${path} ${JSON.stringify(headers)} ${body}`)
        .join('\n'),
    count: () => posts().length,
    async close() {
      await gateway.close();
      await Promise.all(upstreams.map((upstream) => upstream.close()));
    },
  };
}
