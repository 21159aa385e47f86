import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bearer } from './start-gateway.ts';
import { type GatewayProcess, startProcess } from './start-process.ts';
import { lastingFolder } from './temp-folder.ts';
import { type ScriptedUpstream, startUpstream } from './upstream/start-upstream.ts';

/** A folder in which gateways are killed and started again, over one scripted upstream. */
export interface CrashSite {
  readonly upstream: ScriptedUpstream;
  /** Starts a gateway over what the last one left. */
  start(variables?: Record<string, string>): Promise<GatewayProcess>;
  /** Asks a gateway with the bearer: `POST` with a body, which names the model `chat`, else `GET`. */
  call(server: GatewayProcess, path: string, body?: object): Promise<Response>;
  close(): Promise<void>;
}

/** The gateway's only model is `chat`. */
export async function openCrashSite(): Promise<CrashSite> {
  const upstream = await startUpstream();
  const folder = lastingFolder();
  writeFileSync(
    join(folder.path, 'models.yaml'),
    `providers: { up: { kind: openai-compatible, base_url: ${upstream.url} } }
models: [{ alias: chat, backends: [{ provider: up, model: test-model }] }]\n`,
  );
  return {
    upstream,
    start: (variables) => startProcess(folder.path, variables),
    call: (server, path, body) =>
      fetch(`${server.url}${path}`, {
        method: body ? 'POST' : 'GET',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify({ model: 'chat', ...body }) } : {}),
      }),
    async close() {
      await upstream.close();
      folder.remove();
    },
  };
}
