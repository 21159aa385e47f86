import { afterEach } from 'vitest';
import { type Gateway, startGateway } from '../support/start-gateway.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

export interface Chain extends Gateway {
  readonly upstreams: readonly ScriptedUpstream[];
  /** Asks `/v1/chat/completions` of the alias `chain`. */
  ask(fields?: Record<string, unknown>): Promise<Response>;
}

export interface ChainOptions {
  /** How many scripted upstreams; they are the providers `p0`, `p1`, … Default 2. */
  readonly count?: number;
  /** YAML fields of the model, such as `strategy: affinity`. */
  readonly fields?: string;
  /** YAML fields of each backend. */
  readonly backend?: (index: number) => string;
  /** YAML of more models. */
  readonly more?: string;
  readonly provider?: string;
  readonly env?: Record<string, string>;
}

/** A gateway with one alias, `chain`, over several scripted upstreams, each with a model `m`. */
export async function startChain(options: ChainOptions = {}): Promise<Chain> {
  const { count = 2, fields, backend = () => '', more = '', provider = '', env } = options;
  const upstreams = await Promise.all(Array.from({ length: count }, () => startUpstream({ models: ['m'] })));
  const gateway = await startGateway({
    models: `providers:
${upstreams.map(({ url }, i) => `  p${i}: { kind: openai-compatible, base_url: "${url}"${provider && `, ${provider}`} }`).join('\n')}
models:
  - alias: chain
${fields ? `    ${fields}\n` : ''}    backends: [${upstreams.map((_, i) => `{ provider: p${i}, model: m${backend(i) && `, ${backend(i)}`} }`).join(', ')}]
${more}`,
    ...(env ? { env } : {}),
  });
  return {
    ...gateway,
    upstreams,
    ask: (fields = {}) =>
      gateway.call('POST', '/v1/chat/completions', {
        model: 'chain',
        messages: [{ role: 'user', content: 'Hi' }],
        ...fields,
      }),
    async close() {
      await gateway.close();
      await Promise.all(upstreams.map((upstream) => upstream.close()));
    },
  };
}

/** Starts chains, which are closed after each test of the file that calls this. `env`: variables of all of them. */
export function chainsWith(env: Record<string, string> = {}): (options?: ChainOptions) => Promise<Chain> {
  const open: Chain[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((chain) => chain.close()));
  });
  return async (options) => {
    const chain = await startChain({ ...options, env: { ...env, ...options?.env } });
    open.push(chain);
    return chain;
  };
}
