import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readEnv } from '../../server/env.ts';
import { ClientTokens } from '../../server/features/access/client-tokens.ts';
import { DemoPass } from '../../server/features/access/demo-pass.ts';
import { KeyRing } from '../../server/features/access/key-ring.ts';
import { Origins } from '../../server/features/access/origins.ts';
import { BackendStates } from '../../server/features/routing/backend-state.ts';
import { Dispatcher } from '../../server/features/routing/dispatcher.ts';
import { Runs } from '../../server/features/runs/runs.ts';
import { ReadinessCheck } from '../../server/features/system/check-readiness.ts';
import { Documentation } from '../../server/features/system/documentation.ts';
import { TitleWriter } from '../../server/features/turns/title-writer.ts';
import { listOperations, listProcedures } from '../../server/http/list-operations.ts';
import { MemoryRuns } from '../../server/live/memory/memory-runs.ts';
import { createRouter } from '../../server/rpc/router.ts';
import { openProviders } from '../../server/setup/open-providers.ts';
import { openStore } from '../../server/store/open-store.ts';
import { root } from './start-gateway.ts';

/** A procedure that takes an input. */
export interface InputProcedure {
  /** Such as `v1.chat.create`. */
  readonly name: string;
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly schema: z.ZodType;
  /** Where REST serves it. */
  readonly rest: { readonly method: string; readonly path: string } | null;
}

/** The real router, to look at: what it needs is closed again, and nothing of it can be called. */
export async function openRouter(): Promise<ReturnType<typeof createRouter>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'duplex-router-'));
  const env = readEnv({ DATA_DIR: dataDir, DETECT_LOCAL: 'off' }, dataDir);
  const { catalog, configuration } = await openProviders(env, {
    builtInModels: join(root, 'server/setup/built-in-models.yaml'),
    weights: join(root, 'server/providers/embedded/tinychat-q8_0.gguf'),
  });
  const store = await openStore({ url: env.databaseUrl, migrationsDir: join(root, 'prisma/migrations') });
  const { keys, wallets, userBudgets } = store;
  const ring = await KeyRing.open({ keys, wallets, userBudgets, groups: catalog.groups, onError: () => undefined });
  const states = new BackendStates(env.circuit);
  const dispatcher = new Dispatcher(states, { retries: 0, waitMs: 0 });
  const live = new MemoryRuns();
  const runs = new Runs({
    store: store.runs,
    live,
    limits: { maxMs: 1_000, maxBytes: 1_000 },
    onError: () => undefined,
  });
  const room = { folder: root, leastMb: 0 };
  const readiness = new ReadinessCheck({ catalog, states, source: configuration, store, room, runs });
  const metering = { dispatcher, usage: store.usage, trancheTokens: 0, onExcessiveClaim: () => undefined };
  const { conversations } = store;
  const titles = new TitleWriter({ catalog, ...metering, conversations, onError: () => undefined });
  const router = createRouter({
    catalog,
    metering,
    store,
    titles,
    runs: { runs, live, store: store.runs, claims: store.claims, keepMs: 1_000, keyMs: 1_000, maxKeptBytes: 1_000 },
    readiness,
    ring,
    tokens: { tokens: new ClientTokens(randomBytes(32), ring), origins: new Origins(['*'], ring), catalog },
    source: configuration,
    logs: { newestFirst: () => [] },
    version: '0.0.0-test',
    docs: new Documentation(join(root, 'docs')),
    start: { startCode: null, demoPass: new DemoPass(() => false) },
    showsOthers: false,
  });
  ring.close();
  await configuration.close();
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
  return router;
}

/** Every procedure of the real router that takes an input. */
export async function listInputs(): Promise<InputProcedure[]> {
  const router = await openRouter();
  const operations = new Map(listOperations(router).map((operation) => [operation.name, operation]));
  return listProcedures(router).flatMap(([name, procedure]) => {
    const { inputs, type }: { inputs?: unknown[]; type?: InputProcedure['type'] } = procedure._def;
    const [schema] = inputs ?? [];
    if (!(schema instanceof z.ZodType) || !type) return [];
    const { method, path } = operations.get(name) ?? {};
    return [{ name, type, schema, rest: method && path ? { method, path } : null }];
  });
}
