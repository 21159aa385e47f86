import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createKey } from '../create-key.ts';
import { startGateway } from '../start-gateway.ts';
import { type CuttingProxy, startProxy } from '../start-proxy.ts';
import { upstreamKey } from '../start-scripted.ts';
import { tempFolder } from '../temp-folder.ts';
import { answer } from '../upstream/scripts/answers.ts';
import { phasedAnswer } from '../upstream/scripts/phases.ts';
import { type ScriptedUpstream, startUpstream } from '../upstream/start-upstream.ts';
import type { Scene } from './check-fault.ts';
import { transports } from './trace.ts';

/** A gateway between two proxies, which can break the connections on either side. */
export interface ProxiedScene extends Scene {
  /** The gateway's own address. */
  readonly gatewayUrl: string;
  /** Between the clients and the gateway. */
  readonly front: CuttingProxy;
  /** Between the gateway and the upstream. */
  readonly back: CuttingProxy;
}

export interface SceneOptions {
  readonly env?: Record<string, string>;
  /** YAML fields of the provider, such as `idle_seconds: 1`. */
  readonly provider?: string;
  /** The folder of the database; default: one of its own. */
  readonly folder?: string;
}

/** What every scene's key may spend, and do at once. */
export const payer = { name: 'payer', credit_usd: 100, concurrent_requests: transports.length };

/** The models file of a scene: every answer of the model `dear` costs something. */
export const sceneModels = (url: string, provider = ''): string => `providers:
  up: { kind: openai-compatible, base_url: "${url}/v1", api_key_env: UPSTREAM_KEY${provider && `, ${provider}`} }
models:
  - { alias: dear, price: { input: 10, output: 30 }, backends: [{ provider: up, model: test-model }] }
`;

export const startSceneUpstream = (): Promise<ScriptedUpstream> =>
  startUpstream({ apiKey: upstreamKey, fallback: answer(phasedAnswer) });

/** A circuit that opened is tried again soon. */
export const sceneVariables = { UPSTREAM_KEY: upstreamKey, CIRCUIT_COOLDOWN_SECONDS: '0.2', ANSWER_STALL_SECONDS: '1' };

/** Starts a gateway with everything around it; all of it ends with the test. */
export async function startScene({ env = {}, provider, folder }: SceneOptions = {}): Promise<ProxiedScene> {
  const data = join(folder ?? tempFolder(), 'database');
  mkdirSync(data);
  const database = join(data, 'duplex.db');
  const upstream = await startSceneUpstream();
  const back = await startProxy(upstream.origin);
  const gateway = await startGateway({
    models: sceneModels(back.url, provider),
    env: { ...sceneVariables, DATABASE_URL: `file:${database}`, ...env },
  });
  const front = await startProxy(gateway.url);
  onTestFinished(async () => {
    await front.close();
    await gateway.close();
    await back.close();
    await upstream.close();
  });
  const { key } = await createKey(gateway, payer);
  return { url: front.url, gatewayUrl: gateway.url, key, upstream, database, front, back };
}
