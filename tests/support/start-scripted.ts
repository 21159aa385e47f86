import type { StartCode } from '../../server/features/access/start-code.ts';
import { type Gateway, startGateway } from './start-gateway.ts';
import { type ScriptedUpstream, startUpstream, type UpstreamOptions } from './upstream/start-upstream.ts';

/** The upstream's own key; nothing that leaves the gateway may hold it. */
export const upstreamKey = 'sk-upstream-secret-5f3c9a0e7b1d4c62';

export interface ScriptedGateway extends Gateway {
  readonly upstream: ScriptedUpstream;
}

export interface ScriptedOptions {
  /** Default: `['scripted']`. Each takes images. */
  readonly aliases?: readonly string[];
  /** YAML fields of every alias, such as `context_window: 1000`. */
  readonly fields?: string;
  /** The provider's `kind` in the models file; default `openai-compatible`. */
  readonly kind?: string;
  /** The upstream's name of every alias; default `test-model`. */
  readonly model?: string;
  /** What every alias takes; default `[text, image]`. */
  readonly input?: string;
  /** YAML fields of the provider, such as `idle_seconds: 1`. */
  readonly provider?: string;
  readonly env?: Record<string, string>;
  readonly upstream?: UpstreamOptions;
  /** Gets each line of the log. */
  readonly log?: (line: string) => void;
  readonly startCode?: StartCode;
}

/** A gateway whose aliases are all served by one scripted upstream, the provider `up`. */
export async function startScripted(options: ScriptedOptions = {}): Promise<ScriptedGateway> {
  const { aliases = ['scripted'], kind = 'openai-compatible', model = 'test-model', input = '[text, image]' } = options;
  const { fields, provider, env = {} } = options;
  const upstream = await startUpstream({ apiKey: upstreamKey, ...options.upstream });
  const models = aliases.map(
    (alias) =>
      `  - { alias: ${alias}, input: ${input}, backends: [{ provider: up, model: ${model} }]${fields ? `, ${fields}` : ''} }`,
  );
  const gateway = await startGateway({
    models: `providers:
  up: { kind: ${kind}, base_url: "${upstream.url}", api_key_env: UPSTREAM_KEY${provider ? `, ${provider}` : ''} }
models:
${models.join('\n')}
`,
    env: { UPSTREAM_KEY: upstreamKey, ...env },
    ...(options.log ? { log: options.log } : {}),
    ...(options.startCode ? { startCode: options.startCode } : {}),
  });
  return {
    ...gateway,
    upstream,
    async close() {
      await gateway.close();
      await upstream.close();
    },
  };
}
