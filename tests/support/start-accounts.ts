import type { ApiKey, CreatedKey, CreateKeyRequest } from '../../contracts/keys/key.ts';
import type { Wallet } from '../../contracts/wallets/wallet.ts';
import { createKey } from './create-key.ts';
import { type ScriptedGateway, startOverUpstream } from './start-scripted.ts';

/** Calls as the holder of a key. */
type CallAs = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Response>;

export interface AccountsGateway extends ScriptedGateway {
  /** Makes a key by the administrator's bearer. */
  createKey(fields?: Partial<CreateKeyRequest>): Promise<CreatedKey>;
  as(key: Pick<CreatedKey, 'key'>): CallAs;
  /** In USD, with what was settled written. */
  walletOf(key: Pick<ApiKey, 'owner'>): Promise<Wallet>;
}

/**
 * Prices and two groups over one upstream. A token of `cheap` costs 1 micro-USD, of `dear` 10 in the prompt (2 when
 * cached) and 30 in the answer; `local`, of the operator's own server, as `cheap`; `free` costs nothing; `painter` costs 40,000 a picture. `patience` is YAML of a model
 * `patient` with time-outs of its own.
 */
export function accountModels(url: string, patience = ''): string {
  const model = (alias: string, fields: string) =>
    `  - { alias: ${alias}, ${fields}, backends: [{ provider: up, model: ${alias}-model }] }`;
  return `providers:
  up: { kind: openai-compatible, base_url: "${url}", api_key_env: UPSTREAM_KEY }
  box: { kind: openai-compatible, preset: vllm, base_url: "${url}" }
groups:
  team-a: { models: [cheap, free], ratio: 2 }
  everybody: { ratio: 0.5 }
models:
${model('cheap', 'price: { input: 1, output: 1 }, allow_fields: [some_field]')}
${model('dear', 'price: { input: 10, cached_input: 2, output: 30, per_request: 0.001 }')}
${model('free', 'family: Free')}
${model('painter', 'input: [text, image], output: [text, image], price: { per_image: 0.04 }')}
  - { alias: chain, price: { input: 10, output: 30 }, backends: [{ provider: up, model: first-model }, { provider: up, model: second-model }] }
${patience && model('patient', `price: { input: 10, output: 30 }, ${patience}`)}
${model('texter', 'endpoints: [completions], price: { input: 10, output: 30 }')}
  - { alias: local, input: [text, image, audio], price: { input: 1, output: 1 }, backends: [{ provider: box, model: local-model }] }
${model('whisper', 'endpoints: [transcriptions, translations], price: { per_request: 0.001 }')}
${model('voice', 'endpoints: [speech], price: { per_request: 0.001 }')}
${model('vectors', 'endpoints: [embeddings], price: { input: 1 }, allow_fields: [instruction]')}
`;
}

/** A gateway with these models over one scripted upstream. */
export async function startAccounts(
  env: Record<string, string> = {},
  patience = '',
  log?: (line: string) => void,
): Promise<AccountsGateway> {
  const gateway = await startOverUpstream((url) => accountModels(url, patience), { env, ...(log ? { log } : {}) });
  const { call, store } = gateway;
  return {
    ...gateway,
    createKey: (fields) => createKey(gateway, fields),
    as:
      ({ key }) =>
      (method, path, body, headers = {}) =>
        call(method, path, body, { authorization: `Bearer ${key}`, ...headers }),
    async walletOf({ owner }) {
      await store.wallets.flush();
      return (await call('GET', `/api/wallets/${owner}`)).json();
    },
  };
}

export const ask = (model: string, rest: object = {}) => ({
  model,
  messages: [{ role: 'user', content: 'Hi' }],
  max_tokens: 100,
  ...rest,
});

export const CHAT = '/v1/chat/completions';
