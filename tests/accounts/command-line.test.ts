import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commands } from '../../server/cli/commands.ts';
import { localCommands } from '../../server/cli/local-commands.ts';
import { showHelp } from '../../server/cli/show-help.ts';
import { hasProgram } from '../support/find-program.ts';
import { listenLocally } from '../support/listen-locally.ts';
import { runDuplex } from '../support/run-duplex.ts';
import { type AccountsGateway, ask, CHAT, startAccounts } from '../support/start-accounts.ts';
import { bearer, root } from '../support/start-gateway.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { say } from '../support/upstream/scripts/answers.ts';

const program = join(root, 'dist/server/cli.js');

let gateway: AccountsGateway;
beforeAll(async () => {
  gateway = await startAccounts();
});
afterAll(() => gateway.close());

const duplex = (args: readonly string[], env: Record<string, string> = {}) =>
  runDuplex(args, { DUPLEX_URL: gateway.url, API_BEARER: bearer, ...env });

const json = async (...args: string[]) => JSON.parse((await duplex([...args, '--json'])).out);

test('a key is made with its group and its money, used, looked at, changed and revoked', async () => {
  const made = await duplex([
    'keys',
    'create',
    '--group',
    'team-a',
    '--budget',
    '20',
    '--rpm',
    '50',
    '--models',
    'cheap',
  ]);
  expect([made.code, made.err]).toEqual([0, '']);
  const key = /^key +(sk-\w{48})$/m.exec(made.out)?.[1] ?? '';
  const id = /^id +(key_\w+)$/m.exec(made.out)?.[1] ?? '';
  gateway.upstream.reply(say('Hello.', { usage: { prompt: 100, completion: 50 } }));
  expect((await gateway.as({ key })('POST', CHAT, ask('cheap'))).status).toBe(200);
  await gateway.store.wallets.flush();

  expect(await json('keys', 'show', id)).toMatchObject({ group: 'team-a', models: ['cheap'], requests_per_minute: 50 });
  expect((await duplex(['wallets', 'show', id])).out).toBe(
    `owner        ${id}\nbalance_usd  19.9997\nheld_usd     0\n`,
  );
  const report = (await duplex(['usage', '--by', 'model', '--key', id])).out.split('\n');
  expect(report[0]?.split(/ +/)).toEqual([
    'START',
    'MODEL',
    'REQUESTS',
    'FAILED',
    'PROMPT_TOKENS',
    'COMPLETION_TOKENS',
    'COST_USD',
  ]);
  expect(report[1]?.split(/ +/).slice(1)).toEqual(['cheap', '1', '0', '100', '50', '0.0003']);
  expect((await duplex(['usage', 'requests', '--key', id, '--csv'])).out).toMatch(
    /^request_id,at,.*\r\n.*,v1\.chat,cheap,/,
  );

  await duplex(['wallets', 'post', id, '--amount=-5', '--reason', 'typed too much']);
  expect((await json('wallets', 'show', id)).balance_usd).toBe(14.9997);
  await duplex(['keys', 'update', id, '--rpm', 'none', '--enabled', 'false']);
  expect(await json('keys', 'show', id)).toMatchObject({ requests_per_minute: null, enabled: false });
  expect((await json('keys', 'rotate', id)).key).not.toBe(key);
  expect((await json('keys', 'revoke', id)).revoked_at).toEqual(expect.any(String));
  expect((await duplex(['keys', 'list', '--limit', '1'])).out).toContain(id);
  const audit = await json('audit', '--limit', '5');
  expect(audit.items.map(({ action }: { action: string }) => action)).toEqual([
    'keys.revoke',
    'keys.rotate',
    'keys.update',
    'wallets.correction',
    'keys.create',
  ]);
  expect((await duplex(['status'])).out).toContain('system_name');
});

test('models are listed with their backends and the state of each', async () => {
  const { code, out } = await duplex(['models']);
  const lines = out.split('\n');
  expect([code, lines[0]?.split(/ +/)]).toEqual([0, ['ALIAS', 'AVAILABLE', 'CONTEXT_WINDOW', 'ENDPOINTS', 'BACKENDS']]);
  expect(lines.find((line) => line.startsWith('chain '))).toMatch(/up\/first-model \(\w+\), up\/second-model \(\w+\)$/);
  expect((await json('models')).models.length).toBe(lines.length - 2);
});

describe('--help', () => {
  test.each([
    [['keys', 'create', '--help'], /^ {2}duplex keys create\n/, /keys list/],
    [['keys', '--help'], /duplex keys create[\s\S]*duplex keys revoke <key_id>/, /wallets/],
    [['doctor', '-h'], /^ {2}duplex doctor\n/, /backup/],
    [['help', 'backup'], /^ {2}duplex backup <file>\n/, /restore/],
    [['users', 'set', 'someone', '--daily-tokens', '5', '--help'], /^ {2}duplex users set <owner>\n/, /users list/],
    [['nothing', '--help'], /^The command line for operators/, /^$/],
    [[], /^The command line for operators/, /^$/],
  ])('%j explains what is meant, and does nothing', async (args, shown, hidden) => {
    const ended = await duplex(args);
    expect([ended.code, ended.err]).toEqual([0, '']);
    expect(ended.out).toMatch(shown);
    expect(ended.out).not.toMatch(hidden);
  });
});

describe('a mistake', () => {
  test.each([
    [['keys', 'creat'], 2, 'There is no command "keys creat".'],
    [['keys'], 2, 'Usage: duplex keys <create | list | show | update | rotate | revoke>.'],
    [['keys', 'creat'], 2, 'Usage: duplex keys <create | list'],
    [['usage', '--bogus'], 2, "usage: Unknown option '--bogus'. Run `duplex help`"],
    [['keys', 'create', '--name'], 2, "keys create: Option '--name <value>' argument missing. Run"],
    [['keys', 'create', '--name', '--owner'], 2, "keys create: Option '--name' argument is ambiguous. Run"],
    [['backup'], 2, 'Usage: duplex backup <file>. Run'],
    [['doctor', 'now'], 2, "doctor: Unexpected argument 'now'. Run"],
    [['logs', '--lines', '5'], 2, "logs: Unknown option '--lines'. Run"],
    [['import', 'litellm', 'a.yaml', '--into', 'b'], 2, "import: Unknown option '--into'. Run"],
    [['connect', 'codex', '--model'], 2, "connect: Option '--model <value>' argument missing. Run"],
    [['keys', 'show'], 2, 'Usage: duplex keys show <key_id>.'],
    [['keys', 'list', 'all'], 2, 'Usage: duplex keys list, with options only.'],
    [['keys', 'create', '--budget', 'much'], 2, '--budget must be a number.'],
    [['keys', 'create', '--color', 'red'], 2, "keys create: Unknown option '--color'"],
    [['keys', 'create', '--group', 'team-z'], 1, '(invalid_field, group)'],
    [['keys', 'revoke', 'key_x'], 1, '(key_not_found, key_id)'],
  ])('in %j ends with %i and says what it is', async (args, code, message) => {
    const ended = await duplex(args);
    expect([ended.code, ended.out]).toEqual([code, '']);
    expect(ended.err).toContain(message);
    expect(ended.err.trimEnd().split('\n')).toHaveLength(1);
  });

  test('in the bearer or the address is said, without the bearer', async () => {
    const wrong = await duplex(['keys', 'list'], { API_BEARER: 'wrong-bearer' });
    expect([wrong.code, wrong.err]).toEqual([
      1,
      `The gateway at ${gateway.url} does not accept this key (invalid_authorization). Set API_BEARER to its administrator's key, or give another --key.\n`,
    ]);
    const nobody = await duplex(['keys', 'list'], { DUPLEX_URL: 'http://127.0.0.1:9' });
    expect([nobody.code, nobody.err]).toEqual([
      1,
      'No gateway answers at http://127.0.0.1:9. Start it, or set DUPLEX_URL to its address.\n',
    ]);
    const none = await duplex(['keys', 'list'], { API_BEARER: '' });
    expect([none.code, none.err]).toMatchObject([1, expect.stringMatching(/^No bearer was found\. Set API_BEARER/)]);
  });

  test('in the address is said by every command, whatever answers there', async () => {
    const page = createServer((_request, response) => response.end('<h1>Hello</h1>'));
    const api = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json').end('{"items":[],"models":[]}');
    });
    const hasty = createServer((request) => request.socket.destroy());
    const pageUrl = `http://127.0.0.1:${await listenLocally(page)}`;
    const apiUrl = `http://127.0.0.1:${await listenLocally(api)}`;
    const hastyUrl = `http://127.0.0.1:${await listenLocally(hasty)}`;
    for (const args of [['keys', 'list'], ['models'], ['logs'], ['status'], ['connect', 'codex']]) {
      for (const url of [pageUrl, apiUrl]) {
        const stranger = await duplex(args, { DUPLEX_URL: url });
        expect([args, stranger.code, stranger.out, stranger.err]).toEqual([
          args,
          1,
          '',
          'The program at this address is not this gateway. Set DUPLEX_URL to the address of the gateway.\n',
        ]);
      }
      const cut = await duplex(args, { DUPLEX_URL: hastyUrl });
      expect([args, cut.code, cut.err]).toEqual([
        args,
        1,
        `The gateway at ${hastyUrl} closed the connection without an answer. If it is stopping, start it again.\n`,
      ]);
    }
    page.close();
    api.close();
    hasty.close();
  });
});

test('the version is printed', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const word of ['version', '--version']) {
    expect(await duplex([word])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  }
});

describe('an output that ends', () => {
  const spawnDuplex = (args: readonly string[], stdout: 'pipe' | number) =>
    spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', stdout, 'pipe'],
      env: { PATH: process.env.PATH, DUPLEX_URL: gateway.url, API_BEARER: bearer },
    });

  /** The exit code, and what was printed on stderr. */
  const endOf = async (child: ReturnType<typeof spawnDuplex>) => {
    let err = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    const [code] = await once(child, 'close');
    return [code, err];
  };

  test.each([[['help']], [['models', '--json']]])('early, as behind `head`, ends %j without a word', async (args) => {
    const child = spawnDuplex(args, 'pipe');
    child.stdout?.destroy();
    expect(await endOf(child)).toEqual([0, '']);
  });

  test.skipIf(!existsSync('/dev/full'))('because the disk is full is told in one line', async () => {
    const full = openSync('/dev/full', 'w');
    const [code, err] = await endOf(spawnDuplex(['models'], full));
    closeSync(full);
    expect([code, err]).toEqual([1, expect.stringMatching(/^The output cannot be written: ENOSPC[^\n]*\n$/)]);
  });
});

test('the bearer of the data folder is found, and nothing is made there', async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data/api-bearer'), `${bearer}\n`);
  const ended = await duplex(['wallets', 'list'], { API_BEARER: '', PWD: folder });
  expect([ended.code, ended.err]).toEqual([0, '']);
});

const asNobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath];
const canBeNobody = await hasProgram('setpriv', [...asNobody, program, 'help']);

test.skipIf(!canBeNobody)('another user of the machine is told which file is not for them', async () => {
  const folder = tempFolder();
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'data'), { mode: 0o700 });
  for (const file of ['api-bearer', 'duplex.db']) writeFileSync(join(folder, 'data', file), bearer);
  const run = (...args: string[]) =>
    promisify(execFile)('setpriv', [...asNobody, program, ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, DUPLEX_URL: gateway.url },
    }).catch(({ stderr }) => stderr);
  for (const [args, file] of [
    [['models'], 'api-bearer'],
    [['logs'], 'api-bearer'],
    [['backup', 'copy.db'], 'duplex.db'],
    [['restore', join(folder, 'data/duplex.db')], 'duplex.db'],
  ] as const) {
    const told = await run(...args);
    const expected = `^This user is not allowed to read \\S+/${file}\\. Run the command as the user that runs the gateway.*\n$`;
    expect([args, told]).toEqual([args, expect.stringMatching(new RegExp(expected))]);
  }
});

test('every command is an operation of the document, its options are fields of that, and help names all', async () => {
  const document = await (await fetch(`${gateway.url}/openapi.json`)).json();
  const { schemas } = document.components;
  const help = showHelp();
  for (const name of Object.keys(localCommands)) expect(help).toContain(`duplex ${name}`);
  for (const [name, { method, path, options = {} }] of Object.entries(commands)) {
    const operation = document.paths[path]?.[method.toLowerCase()];
    expect([name, operation === undefined]).toEqual([name, false]);
    const body = operation.requestBody?.content['application/json'].schema;
    const properties = (body?.$ref ? schemas[body.$ref.split('/').at(-1)] : body)?.properties ?? {};
    const parameters = (operation.parameters ?? []).map((parameter: { name: string }) => parameter.name);
    for (const { field } of Object.values(options)) {
      expect([name, field, [...Object.keys(properties), ...parameters].includes(field)]).toEqual([name, field, true]);
    }
    expect(help).toContain(`duplex ${name}`);
  }
});
