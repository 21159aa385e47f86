import { type Gateway, startGateway } from './start-gateway.ts';
import { upstreamKey } from './start-scripted.ts';
import type { DialectName } from './upstream/dialects/dialect.ts';
import { type ScriptedUpstream, startUpstream, type UpstreamOptions } from './upstream/start-upstream.ts';

/** The `kind` by which the gateway reaches a scripted upstream of each dialect. */
export const dialectKinds = {
  vllm: 'openai-compatible',
  llamacpp: 'openai-compatible',
  ollama: 'openai-compatible',
  'openai-responses': 'openai-responses',
  anthropic: 'anthropic',
  gemini: 'gemini',
} as const satisfies Record<DialectName, string>;

export interface DialectGateway extends Gateway {
  /** By the alias, which is the name of the dialect. */
  readonly upstreams: Readonly<Record<string, ScriptedUpstream>>;
}

/** One gateway with an alias, and an upstream of its own, for each dialect. */
export async function startDialects(
  dialects: readonly DialectName[],
  options: {
    readonly upstream?: UpstreamOptions;
    readonly env?: Record<string, string>;
    readonly provider?: string;
  } = {},
): Promise<DialectGateway> {
  const upstreams: Record<string, ScriptedUpstream> = {};
  const providers: string[] = [];
  const models: string[] = [];
  for (const dialect of dialects) {
    const upstream = await startUpstream({ ...options.upstream, dialect, apiKey: upstreamKey });
    upstreams[dialect] = upstream;
    const more = options.provider ? `, ${options.provider}` : '';
    providers.push(
      `  ${dialect}: { kind: ${dialectKinds[dialect]}, base_url: "${upstream.url}", api_key_env: KEY${more} }`,
    );
    models.push(
      `  - { alias: ${dialect}, reasoning: true, input: [text, image], backends: [{ provider: ${dialect}, model: test-model }] }`,
    );
  }
  const gateway = await startGateway({
    models: `providers:\n${providers.join('\n')}\nmodels:\n${models.join('\n')}\n`,
    env: { KEY: upstreamKey, ...options.env },
  });
  return {
    ...gateway,
    upstreams,
    async close() {
      await gateway.close();
      await Promise.all(Object.values(upstreams).map((upstream) => upstream.close()));
    },
  };
}
