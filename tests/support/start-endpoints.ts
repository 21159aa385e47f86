import { expect, vi } from 'vitest';
import { loadDriver } from '../../server/store/sqlite/driver.ts';
import { query } from '../store/support.ts';
import type { Gateway } from './start-gateway.ts';
import { type ScriptedGateway, startOverUpstream } from './start-scripted.ts';

const models = (url: string) => `providers:
  up: { kind: openai-compatible, base_url: "${url}", api_key_env: UPSTREAM_KEY }
  tiny: { kind: embedded }
models:
  - { alias: chatter, backends: [{ provider: up, model: chat-model }] }
  - { alias: texter, endpoints: [completions], backends: [{ provider: up, model: text-model }] }
  - { alias: embedder, endpoints: [embeddings], backends: [{ provider: up, model: embed-model, max_batch: 4 }] }
  - { alias: whisper, endpoints: [transcriptions, translations], backends: [{ provider: up, model: whisper-model }] }
  - { alias: voice, endpoints: [speech], backends: [{ provider: up, model: voice-model }] }
  - alias: nowhere
    endpoints: [chat, completions, embeddings, transcriptions, speech]
    backends: [{ provider: tiny, model: tinychat }]
`;

/** A gateway with one alias for each endpoint; `nowhere` has them all, but its vendor has only chats. */
export const startEndpoints = (env: Record<string, string> = {}): Promise<ScriptedGateway> =>
  startOverUpstream(models, { env });

/** The usage row of a request, as soon as it is written: a stream's is, a moment after its end. */
export async function usageOf({ store, dataDir }: Gateway, requestId: string | null) {
  const columns = [
    'operation',
    'alias',
    'provider',
    'model',
    'promptTokens',
    'completionTokens',
    'estimated',
    'outcome',
  ];
  const DatabaseSync = await loadDriver();
  return vi.waitFor(async () => {
    await store.usage.flush();
    const db = new DatabaseSync(`${dataDir}/duplex.db`, { timeout: 5_000 });
    const list = columns.map((column) => `"${column}"`).join(', ');
    const [row] = query(db, `SELECT ${list} FROM "Usage" WHERE "requestId" = '${requestId}'`);
    db.close();
    expect(row).toBeDefined();
    return Object.fromEntries(columns.map((column, i) => [column, row?.[i]]));
  }, 60_000);
}
