import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createKey } from '../create-key.ts';
import { bearer } from '../start-gateway.ts';
import { type GatewayProcess, startProcess } from '../start-process.ts';
import { startProxy } from '../start-proxy.ts';
import { tempFolder } from '../temp-folder.ts';
import type { Scene } from './check-fault.ts';
import { postJson } from './post-json.ts';
import { payer, sceneModels, sceneVariables, startSceneUpstream } from './start-scene.ts';

/** A gateway in a process of its own, behind an address that stays when another process takes its place. */
export interface ProcessScene extends Scene {
  readonly server: GatewayProcess;
  /** Kills the process with SIGKILL. */
  kill(): Promise<void>;
  /** Starts the next one on the same database. */
  start(): Promise<void>;
}

/** Starts it; all of it ends with the test. `concurrent` is how many requests its key may have under way. */
export async function startProcessScene(concurrent: number = payer.concurrent_requests): Promise<ProcessScene> {
  const folder = tempFolder();
  const upstream = await startSceneUpstream();
  writeFileSync(join(folder, 'models.yaml'), sceneModels(upstream.origin));
  const start = () => startProcess(folder, { ...sceneVariables, LOG_LEVEL: 'error' });
  let server = await start();
  const front = await startProxy(server.url);
  onTestFinished(async () => {
    await front.close();
    await server.stop('SIGKILL');
    await upstream.close();
  });
  const administrator = { url: server.url, key: bearer };
  const { key } = await createKey(
    { call: (_method, path, body) => postJson(administrator, path, body) },
    { ...payer, concurrent_requests: concurrent },
  );
  return {
    url: front.url,
    key,
    upstream,
    database: join(folder, 'data', 'duplex.db'),
    get server() {
      return server;
    },
    async kill() {
      await server.stop('SIGKILL');
    },
    async start() {
      server = await start();
      front.target = server.url;
    },
  };
}
