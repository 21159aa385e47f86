import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApp } from '../../server/app.ts';
import { readEnv } from '../../server/env.ts';
import type { StartCode } from '../../server/features/access/start-code.ts';
import { openProviders } from '../../server/setup/open-providers.ts';
import type { Store } from '../../server/store/interface/store.ts';
import { openStore } from '../../server/store/open-store.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const bearer = 'test-bearer-0123456789';

export interface Gateway {
  /** Such as `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly dataDir: string;
  readonly store: Store;
  /** A request with the bearer; `body` is sent as JSON when it is an object. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** As at the start of a stop: refuses new runs, and lets those in progress end for so many ms. */
  stopRuns(graceMs: number): Promise<void>;
  close(): Promise<void>;
}

export interface GatewayOptions {
  /** YAML of a models file; without it the gateway is in demo mode. */
  readonly models?: string;
  /** Variables over the tests' defaults. */
  readonly env?: Record<string, string>;
  /** Gets each line of the log; `LOG_LEVEL` decides which there are. */
  readonly log?: (line: string) => void;
  /** Default: what `npm run build` made. */
  readonly consoleDir?: string;
  /** The same. */
  readonly clientFile?: string;
  /** The code of a link that the start printed. */
  readonly startCode?: StartCode;
}

/** The real app on a real port, with a real SQLite file of its own. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const { models, env: variables = {}, log, consoleDir = join(root, 'dist/console') } = options;
  const { clientFile = join(root, 'dist/client/client.tgz') } = options;
  const dataDir = mkdtempSync(join(tmpdir(), 'duplex-test-'));
  const modelsFile = join(dataDir, 'models.yaml');
  if (models !== undefined) writeFileSync(modelsFile, models);
  const source = {
    API_BEARER: bearer,
    DATA_DIR: dataDir,
    DETECT_LOCAL: 'off',
    RATE_LIMIT_PER_SECOND: '0',
    UPSTREAM_RETRIES: '0',
    // A busy machine must not fail a test.
    SHED_LAG_MS: '0',
    LOG_LEVEL: 'silent',
    PORT: '0',
    ...(models === undefined ? {} : { MODELS_FILE: modelsFile }),
    ...variables,
  };
  const env = readEnv(source, dataDir);
  const { catalog, configuration } = await openProviders(env, {
    builtInModels: join(root, 'server/setup/built-in-models.yaml'),
    weights: join(root, 'server/providers/embedded/tinychat-q8_0.gguf'),
  }).catch((error: unknown) => {
    rmSync(dataDir, { recursive: true });
    throw error;
  });
  const store = await openStore({ url: env.databaseUrl, migrationsDir: join(root, 'prisma/migrations') });
  const app = await createApp({
    env,
    bearer: env.apiBearer ?? bearer,
    catalog,
    configuration,
    store,
    version: '0.0.0-test',
    docsDir: join(root, 'docs'),
    ...(log ? { log: { write: log } } : {}),
    consoleDir,
    clientFile,
    startCode: options.startCode ?? null,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    dataDir,
    store,
    call: (method, path, body, headers = {}) =>
      fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${bearer}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    stopRuns: (graceMs) => app.stopRuns(graceMs),
    async close() {
      // What is still under way at the end of a test has nobody to wait for it.
      const closed = app.close();
      app.server.closeAllConnections();
      await closed;
      await configuration.close();
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
