import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { backUpData } from '../../server/cli/copy-data.ts';
import { readEnv } from '../../server/env.ts';
import { type Gateway, startGateway } from '../support/start-gateway.ts';
import { type Receiver, startReceiver } from '../support/start-receiver.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { htmlError, raw } from '../support/upstream/scripts/refusals.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

const secretBytes = Buffer.from('0123456789abcdef0123456789abcdef');
const secret = `whsec_${secretBytes.toString('base64')}`;

let upstream: ScriptedUpstream;
let receiver: Receiver;
let gateway: Gateway | undefined;

beforeEach(async () => {
  [upstream, receiver] = await Promise.all([startUpstream({ fallback: say('Hello.') }), startReceiver()]);
});
afterEach(async () => {
  await closeGateway();
  await Promise.all([upstream.close(), receiver.close()]);
});

/** The reasons in the log for alerts that were not delivered. */
let reasons: string[] = [];

async function open(env: Record<string, string> = {}): Promise<Gateway> {
  reasons = [];
  gateway = await startGateway({
    log: (line) => {
      const { msg, reason } = JSON.parse(line);
      if (msg === 'an alert was not delivered') reasons.push(reason);
    },
    models: `providers:
  up: { kind: openai-compatible, base_url: "${upstream.url}" }
models:
  - { alias: m, price: { input: 1000, output: 1000 }, backends: [{ provider: up, model: m }] }
`,
    env: {
      LOG_LEVEL: 'warn',
      ALERT_WEBHOOK_URL: `${receiver.url}/hook`,
      ALERT_WEBHOOK_SECRET: secret,
      ALERT_DISK_MB: '0',
      ...env,
    },
  });
  return gateway;
}

const ask = (key?: string) =>
  gateway?.call(
    'POST',
    '/v1/chat/completions',
    { model: 'm', max_tokens: 5, messages: [{ role: 'user', content: 'Hi' }] },
    key === undefined ? {} : { authorization: `Bearer ${key}` },
  );

/** A gateway that stops sends what still waits: after this, nothing more is told. */
async function closeGateway(): Promise<void> {
  await gateway?.close();
  gateway = undefined;
}

/** What was told, without the attempts at telling it again. */
const told = () => {
  const all = receiver.posts.filter(({ path }) => path === '/hook');
  const last = new Map(all.map((post) => [post.headers['webhook-id'], post]));
  return [...last.values()].map(({ body }) => JSON.parse(body));
};

const tellsOf = (type: string) =>
  expect.poll(() => told().find((alert) => alert.type === type), { timeout: 20_000, message: type });

test('a circuit that opens is told once, signed as Standard Webhooks are', async () => {
  await open({ CIRCUIT_FAILURES: '1', CIRCUIT_COOLDOWN_SECONDS: '0.001' });
  for (let i = 0; i < 3; i++) {
    upstream.reply(htmlError(502));
    await (await ask())?.text();
  }
  await tellsOf('circuit.open').toMatchObject({
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    data: { backend: 'up/m', text: expect.stringContaining('up/m') },
  });
  await closeGateway();
  expect(told()).toHaveLength(1);
  const [post] = receiver.posts;
  const signed = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, String(post?.headers[name])]));
  const headers = signed(['webhook-id', 'webhook-timestamp', 'webhook-signature']);
  // The library of the scheme's authors checks the signature, and that the time is near.
  expect(new Webhook(secret).verify(post?.body ?? '', headers)).toEqual(told()[0]);
  expect(() => new Webhook(secret).verify(`${post?.body} `, headers)).toThrow();
  expect(() => new Webhook(`whsec_${Buffer.alloc(32).toString('base64')}`).verify(post?.body ?? '', headers)).toThrow();
  expect(post?.headers['content-type']).toBe('application/json');
});

test('with ALERT_EVERY_MINUTES=0 each time is told', async () => {
  await open({ CIRCUIT_FAILURES: '1', CIRCUIT_COOLDOWN_SECONDS: '0.001', ALERT_EVERY_MINUTES: '0' });
  for (let i = 0; i < 3; i++) {
    upstream.reply(htmlError(502), say('Hello.'));
    await (await ask())?.text();
    await (await ask())?.text();
  }
  await expect.poll(() => told().length).toBe(3);
});

test('a receiver that fails is asked again with the same id; one that refuses is not', async () => {
  receiver.answer(500, 503, 429);
  await open({ ALERT_EVENTS: 'run.completed' });
  const turn = { model: 'm', message: 'Hi' };
  const run = (await gateway?.call('POST', '/c1/chat', turn))?.headers.get('x-run-id');
  await expect.poll(() => receiver.posts.length).toBe(4);
  const ids = receiver.posts.map(({ headers }) => headers['webhook-id']);
  expect(new Set(ids).size).toBe(1);
  expect(told()).toMatchObject([{ type: 'run.completed', data: { run_id: run, status: 'completed' } }]);

  receiver.answer(400);
  for (let i = 0; i < 2; i++) await (await gateway?.call('POST', '/c1/chat', turn))?.text();
  await expect.poll(() => receiver.posts.length).toBe(6);
  await closeGateway();
  expect(receiver.posts).toHaveLength(6);
  expect(reasons).toEqual([
    ...[500, 503, 429].map((status) => `The receiver of ALERT_WEBHOOK_URL answered ${status}.`),
    'an alert was refused and is lost: The receiver of ALERT_WEBHOOK_URL answered 400.',
  ]);
  expect(new Set(receiver.posts.map(({ headers }) => headers['webhook-id'])).size).toBe(3);
});

test('the log says which receiver cannot be reached, and no address', async () => {
  const { url } = receiver;
  await receiver.close();
  await open({ ALERT_EVENTS: 'run.completed' });
  await (await gateway?.call('POST', '/c1/chat', { model: 'm', message: 'Hi' }))?.text();
  await closeGateway();
  expect(reasons.at(0)).toBe('The receiver of ALERT_WEBHOOK_URL cannot be reached (ECONNREFUSED).');
  expect(reasons.at(-1)).toMatch(
    /^an alert was lost: the receiver still failed when the gateway stopped: The receiver of ALERT_WEBHOOK_URL /,
  );
  expect(reasons.join()).not.toContain(url);
  receiver = await startReceiver();
});

test('redirects are not followed', async () => {
  receiver.answer(307);
  await open({ ALERT_EVENTS: 'run.completed' });
  for (let i = 0; i < 2; i++) await (await gateway?.call('POST', '/c1/chat', { model: 'm', message: 'Hi' }))?.text();
  await expect.poll(() => receiver.posts.length).toBe(2);
  await closeGateway();
  expect(receiver.posts.map(({ path }) => path)).toEqual(['/hook', '/hook']);
});

test('Slack gets a sentence', async () => {
  await open({ CIRCUIT_FAILURES: '1', ALERT_SLACK_URL: `${receiver.url}/slack` });
  upstream.reply(htmlError(502));
  await (await ask())?.text();
  await expect
    .poll(() => receiver.posts.filter(({ path }) => path === '/slack').map(({ body }) => JSON.parse(body)), {
      timeout: 20_000,
    })
    .toEqual([{ text: expect.stringContaining('up/m') }]);
});

test.each([401, 403])(
  'a key that the provider refuses with %i is told, a model that it does not know is not',
  async (status) => {
    await open();
    upstream.reply(
      raw(404, {}, '{"error":{"message":"no such model"}}'),
      raw(status, {}, '{"error":{"message":"no"}}'),
    );
    await (await ask())?.text();
    await (await ask())?.text();
    await tellsOf('provider.key_refused').toMatchObject({ data: { provider: 'up', backend: 'up/m' } });
    await closeGateway();
    expect(told()).toHaveLength(1);
  },
);

describe('of money', () => {
  async function createKey(fields: object): Promise<{ key: string; id: string; owner: string }> {
    const body = { name: 'Ann', credit_usd: 1, ...fields };
    const created = await (await gateway?.call('POST', '/api/keys', body))?.json();
    return created;
  }

  test('a low balance is told', async () => {
    await open({ ALERT_BALANCE_USD: '100' });
    const { key, owner } = await createKey({});
    await (await ask(key))?.text();
    await tellsOf('balance.low').toMatchObject({ data: { owner, balance_usd: expect.any(Number) } });
  });

  test('each step of a budget is told once, up to the refusal', async () => {
    await open({ ALERT_EVENTS: 'budget.reached', ALERT_BALANCE_USD: '0' });
    const { key, id } = await createKey({ daily_budget_usd: 0.2 });
    for (let refused = false; !refused; ) {
      const response = await ask(key);
      await response?.text();
      refused = response?.status !== 200;
    }
    await expect
      .poll(
        () =>
          told()
            .map(({ data }) => data.percent)
            .toSorted((a, b) => a - b),
        { timeout: 20_000 },
      )
      .toContain(100);
    await closeGateway();
    expect(told()[0].data).toMatchObject({ of: 'key', key_id: id, period: 'daily', budget_usd: 0.2 });
    const steps = told().map(({ data }) => data.percent);
    expect(steps).toHaveLength(new Set(steps).size);
  });
});

test('the budget of an end user is told, too', async () => {
  await open({ ALERT_EVENTS: 'budget.reached' });
  const made = await gateway?.call('POST', '/api/keys', { name: 'Ann', credit_usd: 1 });
  const { key, owner } = made ? await made.json() : {};
  await gateway?.call('POST', `/api/wallets/${owner}/users`, { user_id: '*', daily_tokens: 200 });
  upstream.reply(say('Hello.', { usage: { prompt: 100, completion: 10 } }));
  const body = { model: 'm', max_tokens: 5, user: 'u1', messages: [{ role: 'user', content: 'Hi' }] };
  await (await gateway?.call('POST', '/v1/chat/completions', body, { authorization: `Bearer ${key}` }))?.text();
  await tellsOf('budget.reached').toMatchObject({
    data: { of: 'user', user_id: 'u1', owner, period: 'daily', percent: 50, spent_tokens: 110, budget_tokens: 200 },
  });
});

test('a disk that is nearly full is told', async () => {
  await open({ ALERT_DISK_MB: '1000000000' });
  await tellsOf('disk.low').toMatchObject({ data: { free_mb: expect.any(Number) } });
});

test('a backup that fails is told', async () => {
  const folder = tempFolder();
  const env = readEnv(
    { DATA_DIR: folder, ALERT_WEBHOOK_URL: `${receiver.url}/hook`, ALERT_WEBHOOK_SECRET: secret },
    folder,
  );
  mkdirSync(join(folder, 'target'));
  await expect(backUpData([join(folder, 'target')], env)).rejects.toThrow();
  expect(told()).toMatchObject([{ type: 'backup.failed', data: { file: join(folder, 'target') } }]);
});

test('what waits when the gateway stops is tried once more', async () => {
  receiver.answer(500, 500, 500, 500, 500);
  await open({ ALERT_EVENTS: 'run.completed' });
  await (await gateway?.call('POST', '/c1/chat', { model: 'm', message: 'Hi' }))?.text();
  await expect.poll(() => receiver.posts.length).toBeGreaterThan(0);
  const before = receiver.posts.length;
  await closeGateway();
  expect(receiver.posts.length).toBeGreaterThan(before);
});

test.each([
  [{ ALERT_WEBHOOK_URL: 'http://a.test' }, 'ALERT_WEBHOOK_SECRET'],
  [{ ALERT_WEBHOOK_URL: 'ftp://a.test', ALERT_WEBHOOK_SECRET: secret }, 'ALERT_WEBHOOK_URL'],
  [{ ALERT_WEBHOOK_URL: 'http://a.test', ALERT_WEBHOOK_SECRET: 'whsec_c2hvcnQ=' }, 'ALERT_WEBHOOK_SECRET'],
  [{ ALERT_WEBHOOK_URL: 'http://a.test', ALERT_WEBHOOK_SECRET: secret.slice(6) }, 'ALERT_WEBHOOK_SECRET'],
  [{ ALERT_EVENTS: 'circuit.open,coffee.empty' }, 'ALERT_EVENTS'],
])('%o is refused by a message that names the variable', (env, name) => {
  expect(() => readEnv(env, '/tmp')).toThrow(name);
});

describe('after a restart', () => {
  const disk = { ALERT_EVENTS: 'disk.low', ALERT_DISK_MB: String(2 ** 40) };

  /** Each start finds that the disk is low. Returns how many alerts the receiver has got. */
  const starts = () => {
    const folder = tempFolder();
    return async (env: Record<string, string> = {}): Promise<number> => {
      await open({ ...disk, DATA_DIR: folder, ...env });
      await closeGateway();
      return receiver.posts.length;
    };
  };

  test('an alert that was delivered is not sent again', async () => {
    const startAndStop = starts();
    expect(await startAndStop()).toBe(1);
    expect(await startAndStop()).toBe(1);
    expect(await startAndStop({ ALERT_EVERY_MINUTES: '0' })).toBe(2);
  });

  test('an alert that nobody took is sent again', async () => {
    const startAndStop = starts();
    receiver.answer(400);
    expect(await startAndStop()).toBe(1);
    expect(await startAndStop()).toBe(2);
    expect(await startAndStop()).toBe(2);
  });

  test('an alert is sent again when its time is over', async () => {
    const startAndStop = starts();
    expect(await startAndStop({ ALERT_EVERY_MINUTES: '0.0001' })).toBe(1);
    expect(await startAndStop({ ALERT_EVERY_MINUTES: '0.0001' })).toBe(2);
  });
});
