import { type Gateway, type GatewayOptions, startGateway } from './start-gateway.ts';
import { type ScriptedUpstream, startUpstream, type UpstreamOptions } from './upstream/start-upstream.ts';

/** The upstream's own key; nothing that leaves the gateway may hold it. */
export const upstreamKey = 'sk-upstream-secret-5f3c9a0e7b1d4c62';

export interface ScriptedGateway extends Gateway {
  readonly upstream: ScriptedUpstream;
}

export interface ScriptedOptions extends OverUpstreamOptions {
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
}

interface OverUpstreamOptions extends Omit<GatewayOptions, 'models'> {
  readonly upstream?: UpstreamOptions;
}

/**
 * A gateway over one scripted upstream. `models` makes the models file from the upstream's address; in it, `UPSTREAM_KEY`
 * is the variable with the upstream's key.
 */
export async function startOverUpstream(
  models: (url: string) => string,
  { env, upstream: options, ...rest }: OverUpstreamOptions = {},
): Promise<ScriptedGateway> {
  const upstream = await startUpstream({ apiKey: upstreamKey, ...options });
  const gateway = await startGateway({
    ...rest,
    models: models(upstream.url),
    env: { UPSTREAM_KEY: upstreamKey, ...env },
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

/** A gateway whose aliases are all served by one scripted upstream, the provider `up`. */
export function startScripted(options: ScriptedOptions = {}): Promise<ScriptedGateway> {
  const { aliases = ['scripted'], kind = 'openai-compatible', model = 'test-model', input = '[text, image]' } = options;
  const { fields, provider } = options;
  const models = aliases.map(
    (alias) =>
      `  - { alias: ${alias}, input: ${input}, backends: [{ provider: up, model: ${model} }]${fields ? `, ${fields}` : ''} }`,
  );
  return startOverUpstream(
    (url) => `providers:
  up: { kind: ${kind}, base_url: "${url}", api_key_env: UPSTREAM_KEY${provider ? `, ${provider}` : ''} }
models:
${models.join('\n')}
`,
    options,
  );
}
