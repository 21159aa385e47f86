import { exec } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { judgeDisk } from '../../server/doctor/check-data.ts';
import { openStore } from '../../server/store/open-store.ts';
import { loadDriver } from '../../server/store/sqlite/driver.ts';
import { runDuplex } from '../support/run-duplex.ts';
import { root, startGateway } from '../support/start-gateway.ts';
import { callTools, say } from '../support/upstream/scripts/answers.ts';
import { type ScriptedUpstream, startUpstream, type UpstreamOptions } from '../support/upstream/start-upstream.ts';

const KEY = 'sk-planted-7f3a9c0e5b1d4c62';

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A folder with a models file; `DATA_DIR` is `data` in it. */
function folderWith(models: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'duplex-doctor-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'models.yaml'), models);
  return folder;
}

async function upstreamOf(options: UpstreamOptions = {}): Promise<ScriptedUpstream> {
  const upstream = await startUpstream(options);
  ends.push(() => upstream.close());
  return upstream;
}

/** A server that is nobody's dialect; returns its address. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

interface Finding {
  readonly level: string;
  readonly subject: string;
  readonly what: string;
  readonly advice?: string;
}

interface Diagnosis {
  readonly code: number;
  readonly findings: Finding[];
  readonly err: string;
}

/** The built command line, in the folder and with its settings alone. */
async function diagnose(folder: string, env: Record<string, string> = {}, ...args: string[]): Promise<Diagnosis> {
  // Port 1 is nobody's.
  const { code, out, err } = await runDuplex(['doctor', '--json', ...args], { PWD: folder, PORT: '1', ...env });
  const { ok, findings }: { ok: boolean; findings: Finding[] } = JSON.parse(out);
  expect(ok).toBe(code === 0);
  expect(out + err).not.toContain(KEY);
  return { code, findings, err };
}

const problems = ({ findings }: Diagnosis): Finding[] => findings.filter(({ level }) => level === 'problem');

const modelsOf = (url: string, more = '', model = 'test-model') =>
  `providers:\n  up: { kind: openai-compatible, base_url: "${url}"${more} }\nmodels:\n  - { alias: a, price: { input: 10, output: 20 }, backends: [{ provider: up, model: ${model} }] }\n`;

test('a sound configuration has no problem, and the command ends with 0', async () => {
  const up = await upstreamOf({ apiKey: KEY });
  const folder = folderWith(modelsOf(up.url, ', api_key_env: UP_KEY'));
  const diagnosis = await diagnose(folder, { UP_KEY: KEY });
  expect(problems(diagnosis)).toEqual([]);
  expect(diagnosis.code).toBe(0);
  const subjects = ['configuration', 'data folder', 'disk', 'database', 'address', 'exposure', 'provider up', 'clock'];
  expect(diagnosis.findings.map(({ subject }) => subject)).toEqual(expect.arrayContaining(subjects));
  expect(up.chats).toEqual([]);
  const { out } = await runDuplex(['doctor'], { PWD: folder, PORT: '1', UP_KEY: KEY });
  expect(out).toMatch(/^ok +configuration: .*models\.yaml: 1 model, 1 of 1 provider\./);
  expect(out).toMatch(/0 problems, \d warnings?\n$/);
});

interface Planted {
  readonly subject: string;
  readonly what: RegExp;
  readonly advice: RegExp;
  readonly models?: () => string | Promise<string>;
  readonly env?: Record<string, string> | (() => Promise<Record<string, string>>);
  /** Spoils the folder. */
  readonly plant?: (folder: string) => void | Promise<void>;
}

const healthy = async () => modelsOf((await upstreamOf()).url);

async function databaseIn(folder: string): Promise<string> {
  const file = join(folder, 'data/duplex.db');
  const store = await openStore({ url: `file:${file}`, migrationsDir: join(root, 'prisma/migrations') });
  await store.close();
  return file;
}

const faults: Record<string, Planted> = {
  'a setting that is not valid': {
    subject: 'settings',
    what: /MAX_BODY_BYTES/,
    advice: /\.env/,
    env: { MAX_BODY_BYTES: 'many' },
  },
  'a models file with a mistake': {
    subject: 'configuration',
    what: /models\.yaml:3: .*no provider "other"/,
    advice: /Correct the file/,
    models: () => 'providers: {}\nmodels:\n  - { alias: a, backends: [{ provider: other, model: m }] }\n',
  },
  'a key that is not set': {
    subject: 'provider up',
    what: /UP_KEY is not set/,
    advice: /Set UP_KEY/,
    models: () => modelsOf('https://llm.example.com/v1', ', api_key_env: UP_KEY'),
  },
  'a key file that is not there': {
    subject: 'configuration',
    what: /api_key_file: \/nowhere\/key cannot be read/,
    advice: /Correct/,
    models: () => modelsOf('http://127.0.0.1:9/v1', ', api_key_file: /nowhere/key'),
  },
  'a provider that cannot be reached': {
    subject: 'provider up',
    what: /127\.0\.0\.1:9\/v1 cannot be reached.*ECONNREFUSED/,
    advice: /Start the model server/,
    models: () => modelsOf('http://127.0.0.1:9/v1'),
  },
  'a key that the provider refuses': {
    subject: 'provider up',
    what: /refuses the key of UP_KEY/,
    advice: /valid key into UP_KEY/,
    models: async () =>
      modelsOf(
        `${await serve((_request, response) => response.writeHead(401).end('{"error":{"message":"bad key"}}'))}/v1`,
        ', api_key_env: UP_KEY',
      ),
    env: { UP_KEY: KEY },
  },
  'a provider that wants a key, where the variable of the key is not set': {
    subject: 'provider up',
    what: /needs a key, and UP_KEY is not set/,
    advice: /Set UP_KEY/,
    models: async () => modelsOf((await upstreamOf({ apiKey: KEY })).url, ', api_key_env: UP_KEY'),
  },
  'a model that is not there': {
    subject: 'provider up',
    what: /no model "qwen3-9b"/,
    advice: /qwen3-8b/,
    models: async () => modelsOf((await upstreamOf({ models: ['llama', 'qwen3-8b'] })).url, '', 'qwen3-9b'),
  },
  'an address that is a page and no model server': {
    subject: 'provider up',
    what: /redirect/,
    advice: /base_url/,
    models: async () =>
      modelsOf(await serve((_request, response) => response.writeHead(302, { location: '/login' }).end())),
  },
  'a clock that is an hour behind': {
    subject: 'clock',
    what: /is 3[56]\d\d s behind/,
    advice: /timedatectl/,
    models: async () =>
      modelsOf(
        await serve((_request, response) =>
          response
            .writeHead(200, { date: new Date(Date.now() + 3_600_000).toUTCString() })
            .end('{"data":[{"id":"test-model"}]}'),
        ),
      ),
  },
  'a data folder that is a file': {
    subject: 'data folder',
    what: /is a file/,
    advice: /DATA_DIR/,
    plant: (folder) => writeFileSync(join(folder, 'data'), ''),
  },
  'a damaged database': {
    subject: 'database',
    what: /cannot be used/,
    advice: /restore/,
    plant(folder) {
      mkdirSync(join(folder, 'data'), { mode: 0o700 });
      writeFileSync(join(folder, 'data/duplex.db'), 'SQLite format 3\0 and then nothing that is a database');
    },
  },
  'a database of a newer version': {
    subject: 'database',
    what: /29990101_future, which this version does not know/,
    advice: /version of Duplex that wrote it/,
    async plant(folder) {
      const DatabaseSync = await loadDriver();
      const db = new DatabaseSync(await databaseIn(folder), { timeout: 5_000 });
      db.exec(
        `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "finished_at") VALUES ('x', 'x', '29990101_future', CURRENT_TIMESTAMP)`,
      );
      db.close();
    },
  },
  'a database of another program': {
    subject: 'database',
    what: /something else/,
    advice: /DATABASE_URL/,
    async plant(folder) {
      mkdirSync(join(folder, 'data'), { mode: 0o700 });
      const DatabaseSync = await loadDriver();
      const db = new DatabaseSync(join(folder, 'data/duplex.db'), { timeout: 5_000 });
      db.exec('CREATE TABLE recipes (name TEXT)');
      db.close();
    },
  },
  'an address without the /v1 of its API': {
    subject: 'provider up',
    what: /no API at http:\/\/127[^ ]+, but it has one at \/v1/,
    advice: /Set base_url to http:\/\/127\.0\.0\.1:\d+\/v1\.$/,
    models: async () =>
      modelsOf(
        await serve((request, response) =>
          request.url === '/v1/models' ? response.writeHead(401).end('{}') : response.writeHead(404).end('not found'),
        ),
      ),
  },
  'an address with https where the server speaks plain HTTP': {
    subject: 'provider up',
    what: /does not speak TLS/,
    advice: /http:\/\//,
    models: async () => modelsOf((await serve((_request, response) => response.end())).replace('http:', 'https:')),
  },
  'a server that closes the connection': {
    subject: 'provider up',
    what: /closed the connection without an answer/,
    advice: /https:\/\//,
    models: async () => modelsOf(await serve((request) => request.socket.destroy())),
  },
  'a provider whose quota is used up': {
    subject: 'provider up',
    what: /quota is used up.*exceeded your current quota/,
    advice: /pay/,
    models: async () =>
      modelsOf(
        await serve((_request, response) =>
          response
            .writeHead(429, { 'content-type': 'application/json' })
            .end('{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}'),
        ),
      ),
  },
  'a provider that fails': {
    subject: 'provider up',
    what: /fails with status 500 \(.*boom\)/,
    advice: /log of the model server/,
    models: async () => modelsOf(await serve((_request, response) => response.writeHead(500).end('boom'))),
  },
  'a database below a file': {
    subject: 'database',
    what: /models\.yaml is a file/,
    advice: /DATABASE_URL/,
    env: { DATABASE_URL: 'file:models.yaml/duplex.db' },
  },
  'a HOST that this machine does not have': {
    subject: 'address',
    what: /does not have the address 192\.0\.2\.1/,
    advice: /127\.0\.0\.1/,
    env: { HOST: '192.0.2.1' },
  },
  'a receiver of alerts that nobody runs, without its address': {
    subject: 'alerts',
    what: /^127\.0\.0\.1:9 cannot be reached \(connect ECONNREFUSED/,
    advice: /ALERT_SLACK_URL/,
    env: { ALERT_SLACK_URL: `http://127.0.0.1:9/${KEY}` },
  },
  'a collector of traces that nobody runs': {
    subject: 'traces',
    what: /^127\.0\.0\.1:9 cannot be reached/,
    advice: /OTEL_EXPORTER_OTLP_ENDPOINT/,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
  },
  'a port that another program has': {
    subject: 'address',
    what: /Another program answers/,
    advice: /PORT/,
    env: async () => ({ DUPLEX_URL: await serve((_request, response) => response.end('<h1>Hello</h1>')) }),
  },
};

test.each(Object.entries(faults))('%s is found, and told with what to do', async (_name, planted) => {
  const folder = folderWith(await (planted.models ?? healthy)());
  await planted.plant?.(folder);
  const env = typeof planted.env === 'function' ? await planted.env() : planted.env;
  const diagnosis = await diagnose(folder, env);
  expect(problems(diagnosis)).toEqual([
    {
      level: 'problem',
      subject: planted.subject,
      what: expect.stringMatching(planted.what),
      advice: expect.stringMatching(planted.advice),
    },
  ]);
  expect(diagnosis.code).toBe(1);
});

test('a folder that others can read, and a gateway that others can reach, are warnings', async () => {
  const folder = folderWith(await healthy());
  mkdirSync(join(folder, 'data'));
  chmodSync(join(folder, 'data'), 0o755);
  const { code, findings } = await diagnose(folder, { HOST: '0.0.0.0' });
  const warned = findings.filter(({ level }) => level === 'warning').map(({ subject }) => subject);
  expect([code, warned]).toEqual([0, ['data folder', 'exposure']]);
});

test('names in .env that nobody reads, and a page in the place of a list of models, are warnings', async () => {
  const url = await serve((_request, response) => response.end('<h1>It works!</h1>'));
  const folder = folderWith(modelsOf(`${url}/v1`, ', api_key_env: UP_KEY'));
  writeFileSync(
    join(folder, '.env'),
    `UP_KEY=${KEY}\nMODEL_FILE=x.yaml\nOTEL_RESOURCE_ATTRIBUTES=a=b\nLOG_LEVEL=warn\n`,
  );
  const { code, findings } = await diagnose(folder);
  const warned = findings.filter(({ level }) => level === 'warning').map(({ what }) => what);
  expect([code, warned]).toEqual([
    0,
    [
      expect.stringMatching(/^Nothing reads MODEL_FILE of .*\.env\. Did you mean "MODELS_FILE"\?$/),
      expect.stringMatching(/answers, but not with a list of models/),
    ],
  ]);
});

test('little room on the disk is a warning, and next to none is a problem', () => {
  expect([50_000, 500, 50].map((free) => judgeDisk(free, '/data').level)).toEqual(['ok', 'warning', 'problem']);
});

test('a gateway that runs is recognized, while it uses its database', async () => {
  const up = await upstreamOf();
  const gateway = await startGateway({ models: modelsOf(up.url) });
  ends.push(() => gateway.close());
  const { code, findings } = await diagnose(folderWith(modelsOf(up.url)), {
    DUPLEX_URL: gateway.url,
    DATA_DIR: gateway.dataDir,
  });
  expect(code).toBe(0);
  expect(findings).toContainEqual({ level: 'ok', subject: 'address', what: `The gateway answers at ${gateway.url}.` });
  expect(findings.find(({ subject }) => subject === 'database')?.what).toMatch(/is sound/);
});

test('without --probe no model is asked, and what the probe would cost is told', async () => {
  const up = await upstreamOf();
  const { findings } = await diagnose(folderWith(modelsOf(up.url)));
  expect(findings.at(-1)).toMatchObject({
    level: 'skipped',
    advice: expect.stringMatching(/2 requests to 1 model.*\$0\.0122/),
  });
  expect(up.chats).toHaveLength(0);
});

test('--probe tells its cost first, and then whether each model streams and calls tools', async () => {
  const up = await upstreamOf();
  up.reply(say('one two three'), callTools([{ name: 'get_weather', arguments: { city: 'Rome' } }]));
  const { code, findings, err } = await diagnose(folderWith(modelsOf(up.url)), {}, '--probe');
  expect(err).toMatch(/^The probe sends 2 requests to 1 model.*\$0\.0122/);
  expect([code, ...findings.slice(-2).map(({ what }) => what)]).toEqual([0, 'It streams.', 'It calls tools.']);
});

test('--probe finds a model that breaks off, and one that does not call its tool', async () => {
  const up = await upstreamOf();
  const folder = folderWith(modelsOf(up.url));
  up.reply(say('one two three', { cut: { tokens: 1, how: 'destroy' } }));
  const broken = await diagnose(folder, {}, '--probe');
  expect(problems(broken)).toMatchObject([
    { subject: 'model up/test-model', what: expect.stringMatching(/chat failed/) },
  ]);
  up.reply(say('one two three'), say('It is sunny.'));
  const toolless = await diagnose(folder, {}, '--probe');
  expect(toolless.findings.at(-1)).toMatchObject({ level: 'warning', advice: expect.stringMatching(/tools: false/) });
});

test.each(['anthropic', 'gemini', 'openai-responses'] as const)(
  'the models of %s are checked by its own list',
  async (kind) => {
    const up = await upstreamOf({ dialect: kind, models: ['model-1'] });
    const models = (name: string) =>
      `providers:\n  up: { kind: ${kind}, base_url: "${up.url}" }\nmodels:\n  - { alias: a, backends: [{ provider: up, model: ${name} }] }\n`;
    expect(problems(await diagnose(folderWith(models('model-1'))))).toEqual([]);
    expect(problems(await diagnose(folderWith(models('model-2'))))).toMatchObject([
      { what: 'It has no model "model-2".' },
    ]);
  },
);

test('an option that there is not is a mistake of usage', async () => {
  expect(await runDuplex(['doctor', '--everything'], {})).toMatchObject({ code: 2 });
});

test('help names a form of the command that works from every folder, and it does', async () => {
  const { out } = await runDuplex(['help'], {});
  const [, form = ''] = /`(node '[^']+') …`/.exec(out) ?? [];
  const folder = folderWith('providers: {}\nmodels: []\n');
  const { stdout } = await promisify(exec)(`${form} help`, { cwd: folder });
  expect(stdout).toBe(out);
});
