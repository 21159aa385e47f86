import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { connectTrpc } from '../support/connect-trpc.ts';
import { errorOf } from '../support/error-of.ts';
import { readerOf, textOf } from '../support/read-events.ts';
import { runDuplex } from '../support/run-duplex.ts';
import { bearer, type Gateway, startGateway } from '../support/start-gateway.ts';
import { startProcess } from '../support/start-process.ts';
import { createGate, type Gate } from '../support/upstream/gate.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { type ScriptedUpstream, startUpstream, type UpstreamOptions } from '../support/upstream/start-upstream.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function upstreamOf(options: UpstreamOptions = {}): Promise<ScriptedUpstream> {
  const upstream = await startUpstream(options);
  ends.push(() => upstream.close());
  return upstream;
}

interface Reloadable {
  readonly gateway: Gateway;
  readonly lines: Record<string, unknown>[];
  readonly file: string;
  /** As editors do it: a new file takes the place of the old one. */
  write(models: string): void;
  reload(): Promise<Response>;
}

/** Files are watched only where a test asks for it, so that a reload is the test's own. */
async function start(models: string, env: Record<string, string> = {}): Promise<Reloadable> {
  const lines: Record<string, unknown>[] = [];
  const log = (line: string) => lines.push(JSON.parse(line));
  const gateway = await startGateway({ models, env: { WATCH_MODELS: 'off', LOG_LEVEL: 'info', ...env }, log });
  ends.push(() => gateway.close());
  const file = join(gateway.dataDir, 'models.yaml');
  return {
    gateway,
    lines,
    file,
    write(text) {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    },
    reload: () => gateway.call('POST', '/api/reload'),
  };
}

const chat = (gateway: Gateway, model: string, fields: object = {}) =>
  gateway.call('POST', '/v1/chat/completions', { model, messages: [{ role: 'user', content: 'Hi' }], ...fields });

const aliasesOf = async (gateway: Gateway): Promise<string[]> => {
  const { data }: { data: { id: string }[] } = await (await gateway.call('GET', '/v1/models')).json();
  return data.map(({ id }) => id);
};

const readiness = async (gateway: Gateway) => (await fetch(`${gateway.url}/readyz`)).json();

const provider = (id: string, { url }: ScriptedUpstream, more = '') =>
  `  ${id}: { kind: openai-compatible, base_url: "${url}"${more} }\n`;

test('a reload serves the new models, takes away the old ones, and says what has changed', async () => {
  const up = await upstreamOf();
  const { gateway, lines, write, reload } = await start(
    `providers:\n${provider('up', up)}models:\n  - { alias: kept, backends: [{ provider: up, model: m }] }\n  - { alias: old, backends: [{ provider: up, model: m }] }\n`,
  );
  write(
    `providers:\n${provider('up', up)}${provider('more', up)}model_map: { "gpt-*": new }\nmodels:\n  - { alias: new, backends: [{ provider: more, model: m }] }\n  # Written in another way, and the same.\n  - alias: kept\n    backends:\n      - { model: m, provider: up }\n`,
  );
  expect(await aliasesOf(gateway)).toEqual(['kept', 'old']);
  const response = await reload();
  expect(response.status).toBe(200);
  const changes = {
    models: { added: ['new'], removed: ['old'], changed: [] },
    providers: { added: ['more'], removed: [], changed: [] },
    groups: false,
    model_map: true,
    summaries: false,
    titles: false,
  };
  expect(await response.json()).toEqual({ changed: true, ...changes });
  expect(await aliasesOf(gateway)).toEqual(['new', 'kept']);
  expect((await chat(gateway, 'new')).status).toBe(200);
  expect((await chat(gateway, 'gpt-5')).status).toBe(200);
  expect(await errorOf(await chat(gateway, 'old'))).toMatchObject({ code: 'model_not_in_allowlist' });
  expect(lines.filter(({ msg }) => msg === 'the models file has changed')).toMatchObject([changes]);
  const audit: { items: object[] } = await (await gateway.call('GET', '/api/audit')).json();
  expect(audit.items[0]).toMatchObject({ action: 'models.reload', details: { models: changes.models } });
  expect(await (await reload()).json()).toMatchObject({ changed: false });
});

test('none of 100 open streams breaks when its provider, its model and the key are replaced', async () => {
  const gates: Gate[] = [];
  const held = await upstreamOf({
    fallback: (exchange) => {
      const gate = createGate();
      gates.push(gate);
      gate.release();
      return say('one two three', { gate })(exchange);
    },
  });
  const next = await upstreamOf({ fallback: say('from the new one') });
  const { gateway, write, reload } = await start(
    `providers:\n${provider('up', held)}models:\n  - { alias: a, backends: [{ provider: up, model: m }] }\n`,
  );
  const readers = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const reader = readerOf(await chat(gateway, 'a', { stream: true }));
      await reader.until('one');
      return reader;
    }),
  );
  write(`providers:\n${provider('up', next)}models:\n  - { alias: b, backends: [{ provider: up, model: m }] }\n`);
  expect((await reload()).status).toBe(200);
  expect(await (await chat(gateway, 'b')).text()).toContain('from the new one');
  expect(held.open).toBe(100);
  for (const gate of gates) gate.open();
  const texts = await Promise.all(readers.map((reader) => reader.until('[DONE]')));
  expect(texts.map(textOf)).toEqual(Array(100).fill('one two three'));
});

test('reloads at once all succeed, share one change of the file, and see what was written before them', async () => {
  const up = await upstreamOf();
  const models = (alias: string) =>
    `providers:\n${provider('up', up)}models:\n  - { alias: ${alias}, backends: [{ provider: up, model: m }] }\n`;
  const { gateway, lines, write, reload } = await start(models('a'));
  write(models('b'));
  const first = Array.from({ length: 50 }, reload);
  write(models('c'));
  const second = Array.from({ length: 50 }, reload);
  const responses = await Promise.all([...first, ...second]);
  expect(responses.map(({ status }) => status)).toEqual(Array(100).fill(200));
  expect(await aliasesOf(gateway)).toEqual(['c']);
  const changes = lines.filter(({ msg }) => msg === 'the models file has changed');
  expect(changes.length).toBeLessThanOrEqual(2);
});

test('a provider that did not change keeps its connections and its circuit; one that did begins anew', async () => {
  const same = await upstreamOf();
  const other = await upstreamOf();
  const models = (moreOther: string, aliases: string) =>
    `providers:\n${provider('same', same)}${provider('other', other, moreOther)}models:\n${aliases}`;
  const aliases =
    '  - { alias: s, backends: [{ provider: same, model: m }] }\n  - { alias: o, backends: [{ provider: other, model: m }] }\n';
  const { gateway, write, reload } = await start(models('', aliases), { CIRCUIT_FAILURES: '1' });
  const stateOf = async (backend: string) => {
    const { routes }: { routes: { backend: string; state: string }[] } = await readiness(gateway);
    return routes.find((route) => route.backend === backend)?.state;
  };
  expect((await chat(gateway, 's')).status).toBe(200);
  for (const [upstream, alias] of [
    [same, 's'],
    [other, 'o'],
  ] as const) {
    upstream.reply((exchange) => exchange.head(500, {}) ?? exchange.end());
    expect((await chat(gateway, alias)).status).toBe(502);
  }
  expect([await stateOf('same/m'), await stateOf('other/m')]).toEqual(['open', 'open']);
  const { connections } = same;
  write(models(', idle_seconds: 50', `${aliases}  - { alias: t, backends: [{ provider: same, model: m }] }\n`));
  expect(await (await reload()).json()).toMatchObject({ providers: { added: [], removed: [], changed: ['other'] } });
  expect([await stateOf('same/m'), await stateOf('other/m')]).toEqual(['open', 'closed']);
  expect((await chat(gateway, 't')).status).toBe(200);
  expect(same.connections).toBe(connections);
});

test.each([
  ['not YAML', 'providers: {', 'models.yaml:1: '],
  ['empty', '', 'models.yaml:1: '],
  [
    'without a provider that it names',
    'providers: {}\nmodels: [{ alias: x, backends: [{ provider: no, model: m }] }]',
    'no provider "no"',
  ],
  [
    'of a key file that is not there',
    'providers: { up: { preset: vllm, api_key_file: /nowhere/key } }\nmodels: []',
    'providers.up.api_key_file',
  ],
])(
  'a file that is %s changes nothing, is logged once in one line, and is shown by /readyz',
  async (_what, bad, fault) => {
    const up = await upstreamOf();
    const good = `providers:\n${provider('up', up)}models:\n  - { alias: a, backends: [{ provider: up, model: m }] }\n`;
    const { gateway, lines, write, reload } = await start(good);
    const before = (await readiness(gateway)).models_file;
    expect(before).toEqual({ status: 'loaded', loaded_at: expect.any(String) });
    write(bad);
    for (let round = 0; round < 3; round++) {
      const response = await reload();
      expect(response.status).toBe(422);
      expect(await errorOf(response)).toMatchObject({
        code: 'models_file_rejected',
        message: expect.stringContaining(fault),
      });
    }
    expect((await chat(gateway, 'a')).status).toBe(200);
    expect(await readiness(gateway)).toMatchObject({
      status: 'degraded',
      models_file: { ...before, status: 'rejected', detail: expect.stringContaining(fault) },
    });
    const told = lines.filter(({ level }) => Number(level) >= 50);
    expect(told).toHaveLength(1);
    expect(String(told[0]?.reason)).not.toMatch(/\n|duplex-test-/);
    write(good);
    expect((await reload()).status).toBe(200);
    expect(await readiness(gateway)).toMatchObject({ status: 'ready', models_file: before });
  },
);

test('a key is read from its file, and a new one is used without a restart, by new requests alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'duplex-keys-'));
  ends.push(async () => rmSync(folder, { recursive: true }));
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, 'first-key-0123456789\n');
  const up = await upstreamOf();
  const { gateway } = await start(
    `providers:\n${provider('up', up, `, api_key_file: "${keyFile}"`)}models:\n  - { alias: a, backends: [{ provider: up, model: m }] }\n`,
    { WATCH_MODELS: 'on' },
  );
  expect((await chat(gateway, 'a')).status).toBe(200);
  expect(up.chats.at(-1)?.headers.authorization).toBe('Bearer first-key-0123456789');
  writeFileSync(keyFile, 'second-key-0123456789\n');
  await expect
    .poll(async () => {
      await chat(gateway, 'a');
      return up.chats.at(-1)?.headers.authorization;
    })
    .toBe('Bearer second-key-0123456789');
});

test('a file that changes is put into effect by itself, and a websocket that is open sees the new models', async () => {
  const up = await upstreamOf();
  const models = (alias: string) =>
    `providers:\n${provider('up', up)}models:\n  - { alias: ${alias}, backends: [{ provider: up, model: m }] }\n`;
  const { gateway, write } = await start(models('a'), { WATCH_MODELS: 'on' });
  const { client, close } = connectTrpc(gateway);
  ends.push(close);
  const list = async () => (await client.models.list.query()).data.map(({ id }) => id);
  expect(await list()).toEqual(['a']);
  write(models('b'));
  await expect.poll(list).toEqual(['b']);
});

test('a key of a group may use what the reloaded file gives its group', async () => {
  const up = await upstreamOf();
  const models = (allowed: string) =>
    `providers:\n${provider('up', up)}groups: { team: { models: [${allowed}] } }\nmodels:\n  - { alias: a, backends: [{ provider: up, model: m }] }\n  - { alias: b, backends: [{ provider: up, model: m }] }\n`;
  const { gateway, write, reload } = await start(models('a'));
  const made = await gateway.call('POST', '/api/keys', { name: 'x', group: 'team', credit_usd: 1 });
  const { key }: { key: string } = await made.json();
  const statusOf = async (model: string) =>
    (
      await gateway.call(
        'POST',
        '/v1/chat/completions',
        { model, messages: [{ role: 'user', content: 'Hi' }] },
        { authorization: `Bearer ${key}` },
      )
    ).status;
  expect([await statusOf('a'), await statusOf('b')]).toEqual([200, 404]);
  write(models('b'));
  expect(await (await reload()).json()).toMatchObject({ changed: true, groups: true });
  expect([await statusOf('a'), await statusOf('b')]).toEqual([404, 200]);
});

test('the process of the embedded engine ends when its model goes, after the answer under way', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'duplex-embedded-'));
  const up = await upstreamOf();
  const rest = `${provider('up', up)}models:\n  - { alias: a, backends: [{ provider: up, model: m }] }\n`;
  const file = join(folder, 'models.yaml');
  writeFileSync(
    file,
    `providers:\n  own: { kind: embedded }\n${rest}  - { alias: tiny, backends: [{ provider: own, model: tinychat }] }\n`,
  );
  const server = await startProcess(folder, { WATCH_MODELS: 'off', MODELS_FILE: file });
  ends.push(async () => {
    await server.stop('SIGKILL');
    rmSync(folder, { recursive: true });
  });
  const ask = (body: object) =>
    fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], ...body }),
    });
  expect((await ask({ model: 'tiny', max_tokens: 2 })).status).toBe(200);
  const stream = readerOf(await ask({ model: 'tiny', stream: true, max_tokens: 200 }));
  await stream.until('content');
  writeFileSync(file, `providers:\n${rest}`);
  const variables = { DUPLEX_URL: server.url, API_BEARER: bearer };
  expect(await runDuplex(['reload'], variables)).toMatchObject({ code: 0, out: expect.stringContaining('tiny') });
  expect((await stream.until('[DONE]')).length).toBeGreaterThan(0);
  expect(await errorOf(await ask({ model: 'tiny' }))).toMatchObject({ code: 'model_not_in_allowlist' });
  const children = () => {
    const rows = execFileSync('ps', ['-eo', 'ppid=,args='], { encoding: 'utf8' }).split('\n');
    return rows.filter((row) => row.trim().startsWith(`${server.child.pid} `) && row.includes('engine-process'));
  };
  await expect.poll(children).toEqual([]);
});

test('SIGHUP reloads the models file and stops nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'duplex-hup-'));
  const file = join(folder, 'models.yaml');
  const models = (alias: string) =>
    `providers: { up: { preset: vllm } }\nmodels: [{ alias: ${alias}, backends: [{ provider: up, model: m }] }]\n`;
  writeFileSync(file, models('a'));
  const server = await startProcess(folder, { WATCH_MODELS: 'off' });
  ends.push(async () => {
    await server.stop('SIGKILL');
    rmSync(folder, { recursive: true });
  });
  writeFileSync(file, models('b'));
  server.child.kill('SIGHUP');
  const list = async () => {
    const response = await fetch(`${server.url}/v1/models`, { headers: { authorization: `Bearer ${bearer}` } });
    const { data }: { data: { id: string }[] } = await response.json();
    return data.map(({ id }) => id);
  };
  await expect.poll(list).toEqual(['b']);
});

test('only the administrator may reload', async () => {
  const { gateway } = await start('providers: {}\nmodels: []\n');
  const { key }: { key: string } = await (await gateway.call('POST', '/api/keys', { name: 'x' })).json();
  const response = await gateway.call('POST', '/api/reload', undefined, { authorization: `Bearer ${key}` });
  expect(await errorOf(response)).toMatchObject({ code: 'permission_denied' });
});
