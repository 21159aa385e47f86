import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readerOf } from '../support/read-events.ts';
import { numberedOf, sentEventsOf } from '../support/read-run.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { callTools, gated, say, words } from '../support/upstream/scripts/answers.ts';
import { destroyAfter, endlessStream, hangAfter, hangBeforeHeaders } from '../support/upstream/scripts/failures.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted();
});
afterAll(() => gateway.close());

const turn = { model: 'scripted', message: 'Hi', stream: true };
const get = (path: string, headers?: Record<string, string>) => gateway.call('GET', path, undefined, headers);
const json = async (path: string) => (await get(path)).json();
const idsOf = (response: Response) => ({
  run: response.headers.get('x-run-id') ?? '',
  conversation: response.headers.get('x-conversation-id') ?? '',
});

/** A turn whose client goes after some of its text. */
async function leaveAfter(part: string, body: object = turn) {
  const leaving = new AbortController();
  const response = await fetch(`${gateway.url}/c1/chat`, {
    method: 'POST',
    headers: { authorization: 'Bearer test-bearer-0123456789', 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: leaving.signal,
  });
  const seen = await readerOf(response).until(part);
  leaving.abort();
  return { ...idsOf(response), seen };
}

const answerOf = async (conversation: string) => (await json(`/c1/conversations/${conversation}`)).messages.at(-1);

describe('a turn whose client disconnects', () => {
  test('is answered to its end, stored and counted', async () => {
    const { script, gate } = gated('One two three');
    gateway.upstream.reply(script);
    gate.release();
    const { run, conversation, seen } = await leaveAfter('One');
    expect(seen).not.toContain('two');
    expect(await json(`/c1/runs/${run}`)).toMatchObject({ status: 'in_progress', conversation_id: conversation });
    gate.open();
    await expect.poll(() => answerOf(conversation)).toMatchObject({ content: 'One two three', status: 'completed' });
    const described = await json(`/c1/runs/${run}`);
    expect(described).toMatchObject({ id: run, object: 'run', status: 'completed', error: null });
    expect(described.message_id).toBe((await answerOf(conversation)).id);
    const usage = await json('/api/usage/requests?limit=5');
    expect(usage.items ?? usage.data).toContainEqual(
      expect.objectContaining({ conversation_id: conversation, outcome: 'ok' }),
    );
  });

  test('is stopped when it said so', async () => {
    gateway.upstream.reply(hangAfter(1));
    const { conversation, run } = await leaveAfter('One', { ...turn, on_disconnect: 'cancel' });
    await gateway.upstream.chats.at(-1)?.aborted;
    await expect.poll(() => answerOf(conversation)).toMatchObject({ content: 'One', status: 'cancelled' });
    expect(await json(`/c1/runs/${run}`)).toMatchObject({ status: 'cancelled' });
  });

  test('gives way to the next turn, unless somebody watches it', async () => {
    gateway.upstream.reply(hangAfter(1));
    const { conversation, run } = await leaveAfter('One');
    const watching = new AbortController();
    const watched = await fetch(`${gateway.url}/c1/runs/${run}/events?after=-1`, {
      headers: { authorization: 'Bearer test-bearer-0123456789', accept: 'text/event-stream' },
      signal: watching.signal,
    });
    await readerOf(watched).until('One');
    const next = { ...turn, message: 'Go on', conversation_id: conversation, stream: false };
    expect((await gateway.call('POST', '/c1/chat', next)).status).toBe(409);
    watching.abort();
    gateway.upstream.reply(say('Gladly.'));
    await expect.poll(async () => (await gateway.call('POST', '/c1/chat', next)).status).toBe(200);
    expect(await json(`/c1/runs/${run}`)).toMatchObject({ status: 'cancelled' });
    const { messages } = await json(`/c1/conversations/${conversation}`);
    expect(messages.map(({ content, status }: Record<string, unknown>) => [content, status])).toEqual([
      ['Hi', 'completed'],
      ['One', 'cancelled'],
      ['Go on', 'completed'],
      ['Gladly.', 'completed'],
    ]);
  });

  test('keeps its conversation where it was asked to go on in any case', async () => {
    gateway.upstream.reply(hangAfter(1));
    const { conversation, run } = await leaveAfter('One', { ...turn, on_disconnect: 'detach' });
    const next = { ...turn, message: 'Go on', conversation_id: conversation, stream: false };
    expect((await gateway.call('POST', '/c1/chat', next)).status).toBe(409);
    expect(await json(`/c1/runs/${run}`)).toMatchObject({ status: 'in_progress' });
    await gateway.call('POST', `/c1/runs/${run}/cancel`);
  });

  test('gives way on /v1/responses as well, but not a response in the background', async () => {
    const { id: conversation } = await (await gateway.call('POST', '/v1/conversations', {})).json();
    const ask = { model: 'scripted', input: 'Hi', conversation };
    gateway.upstream.reply(hangAfter(1));
    const leaving = new AbortController();
    const response = await fetch(`${gateway.url}/v1/responses`, {
      method: 'POST',
      headers: { authorization: 'Bearer test-bearer-0123456789', 'content-type': 'application/json' },
      body: JSON.stringify({ ...ask, stream: true }),
      signal: leaving.signal,
    });
    await readerOf(response).until('One');
    leaving.abort();
    gateway.upstream.reply(say('Gladly.'));
    await expect.poll(async () => (await gateway.call('POST', '/v1/responses', ask)).status).toBe(200);

    gateway.upstream.reply(hangAfter(1));
    const { id } = await (await gateway.call('POST', '/v1/responses', { ...ask, background: true })).json();
    expect((await gateway.call('POST', '/v1/responses', ask)).status).toBe(409);
    await gateway.call('POST', `/v1/responses/${id}/cancel`, {});
  });

  test.each([true, false])('gives way to what follows its response (store: %s)', async (store) => {
    gateway.upstream.reply(hangAfter(1));
    const leaving = new AbortController();
    const response = await fetch(`${gateway.url}/v1/responses`, {
      method: 'POST',
      headers: { authorization: 'Bearer test-bearer-0123456789', 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'scripted', input: 'Hi', stream: true }),
      signal: leaving.signal,
    });
    const previous_response_id = /"id":"(resp_\w+)"/.exec(await readerOf(response).until('One'))?.[1];
    leaving.abort();
    gateway.upstream.reply(say('Gladly.'));
    const next = { model: 'scripted', input: 'Go on', previous_response_id, store };
    await expect.poll(async () => (await gateway.call('POST', '/v1/responses', next)).status).toBe(200);
    expect(gateway.upstream.chats.at(-1)?.json).toMatchObject({
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'One' },
        { role: 'user', content: 'Go on' },
      ],
    });
    expect(await json(`/v1/responses/${previous_response_id}`)).toMatchObject({ status: 'cancelled' });
  });

  test('as JSON, is answered as well', async () => {
    const { script, gate } = gated('All of it.');
    gateway.upstream.reply(script);
    const leaving = new AbortController();
    const asked = fetch(`${gateway.url}/c1/chat`, {
      method: 'POST',
      headers: { authorization: 'Bearer test-bearer-0123456789', 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'scripted', message: 'Detached JSON' }),
      signal: leaving.signal,
    }).catch(() => undefined);
    await gate.reached();
    leaving.abort();
    await asked;
    gate.open();
    const find = async () => (await json('/c1/conversations?q=Detached')).items[0]?.id;
    await expect.poll(find).toBeDefined();
    const conversation = await find();
    await expect.poll(() => answerOf(conversation)).toMatchObject({ content: 'All of it.', status: 'completed' });
  });
});

describe('a run', () => {
  test('is named by its conversation while it is in progress, and can be cancelled from anywhere', async () => {
    gateway.upstream.reply(hangAfter(2));
    const { run, conversation } = await leaveAfter(' two');
    const found = await json(`/c1/conversations/${conversation}`);
    expect(found.runs).toEqual([
      { id: run, message_id: found.messages[1].id, created_at: expect.stringMatching(/^\d{4}-/) },
    ]);
    const busy = async () => {
      const { items } = await json('/c1/conversations');
      const marked = items.filter(({ in_progress }: { in_progress: boolean }) => in_progress);
      return marked.map(({ id }: { id: string }) => id);
    };
    expect(await busy()).toEqual([conversation]);
    const watching = get(`/c1/runs/${run}/events`);
    const cancelled = await gateway.call('POST', `/c1/runs/${run}/cancel`);
    expect([cancelled.status, await cancelled.json()]).toMatchObject([
      200,
      { id: run, status: 'cancelled', error: { code: 'run_cancelled' } },
    ]);
    expect(sentEventsOf(await (await watching).text()).at(-1)?.data).toContain('run_cancelled');
    await gateway.upstream.chats.at(-1)?.aborted;
    expect((await json(`/c1/conversations/${conversation}`)).runs).toEqual([]);
    expect(await busy()).toEqual([]);
    // It has ended: it stays as it is.
    expect((await (await gateway.call('POST', `/c1/runs/${run}/cancel`)).json()).status).toBe('cancelled');
  });

  test('is watched from any number, while it goes on and afterwards, to the same bytes', async () => {
    const { script, gate } = gated(words('One two three four five six'));
    gateway.upstream.reply(script);
    gate.release(2);
    const first = await gateway.call('POST', '/c1/chat', turn);
    const { run } = idsOf(first);
    const reading = first.text();
    const early = get(`/c1/runs/${run}/events`);
    const later = get(`/c1/runs/${run}/events?after=1`);
    gate.open();
    const whole = await reading;
    const numbers = numberedOf(whole).map(({ id }) => Number(id));
    expect(numbers).toEqual(numbers.map((_, i) => i));
    expect(whole).toMatch(/\ndata: \[DONE\]\n\n$|^data: \[DONE\]\n\n$/);
    expect(await (await early).text()).toBe(whole);
    expect(numberedOf(await (await later).text())).toEqual(numberedOf(whole).slice(2));
    const stored = await get(`/c1/runs/${run}/events`);
    expect(await stored.text()).toBe(whole);
    expect(stored.headers.get('x-gateway-backend')).toBe(first.headers.get('x-gateway-backend'));
    expect(idsOf(stored)).toEqual(idsOf(first));
    const resumed = await get(`/c1/runs/${run}/events`, { 'last-event-id': '3' });
    expect(numberedOf(await resumed.text())).toEqual(numberedOf(whole).slice(4));
    const beyond = await get(`/c1/runs/${run}/events?after=5000`);
    expect(await beyond.text()).toBe('data: [DONE]\n\n');
    expect(gateway.upstream.chats.at(-1)?.finished).toBe(true);
  });

  test('gives its events as a list, once it has ended', async () => {
    gateway.upstream.reply(say('One two'));
    const { run } = idsOf(await gateway.call('POST', '/c1/chat', turn));
    const list = await json(`/c1/runs/${run}/events?stream=false&after=0`);
    expect(list.data[0].id).toBe(1);
    expect(list.data.map(({ chunk }: { chunk: { object: string } }) => chunk.object)).toContain(
      'chat.completion.chunk',
    );
  });

  test('gives a long log as pages, by events and by bytes', async () => {
    const words = Array.from({ length: 30 }, (_, i) => `${i} `.padEnd(200_000, 'x'));
    gateway.upstream.reply(say(words));
    const { run } = idsOf(await gateway.call('POST', '/c1/chat', turn));
    await json(`/c1/runs/${run}/events?stream=false&after=5000`);
    const ids: number[] = [];
    const sizes: number[] = [];
    for (let more = true; more; ) {
      const page = await json(`/c1/runs/${run}/events?stream=false&after=${ids.at(-1) ?? -1}`);
      ids.push(...page.data.map(({ id }: { id: number }) => id));
      sizes.push(JSON.stringify(page).length);
      more = page.has_more;
    }
    expect(ids).toEqual(ids.map((_, i) => i));
    expect(ids.length).toBeGreaterThanOrEqual(words.length);
    expect(Math.max(...sizes)).toBeLessThan(3 * 1024 * 1024);
    const short = await json(`/c1/runs/${run}/events?stream=false&limit=2`);
    expect([short.data.length, short.has_more]).toEqual([2, true]);
  });

  test('that was asked for as JSON is one chunk to those who watch it', async () => {
    gateway.upstream.reply(callTools([{ name: 'add', arguments: { a: 1 }, id: 'call_1' }]));
    const answered = await gateway.call('POST', '/c1/chat', { model: 'scripted', message: 'Add.' });
    const { choices } = await answered.json();
    const events = sentEventsOf(await (await get(`/c1/runs/${idsOf(answered).run}/events`)).text());
    expect(events.map(({ id }) => id)).toEqual(['0', undefined]);
    const [{ delta, finish_reason }] = JSON.parse(events[0]?.data ?? '{}').choices;
    expect(finish_reason).toBe('tool_calls');
    expect(delta.tool_calls).toEqual([{ index: 0, ...choices[0].message.tool_calls[0] }]);
  });

  test('that fails tells every watcher the same end, also later', async () => {
    gateway.upstream.reply(destroyAfter(2));
    const first = await gateway.call('POST', '/c1/chat', turn);
    const { run } = idsOf(first);
    const whole = await first.text();
    const end = JSON.parse(sentEventsOf(whole).at(-1)?.data ?? '{}');
    expect(end.error).toMatchObject({ code: 'upstream_broken' });
    const again = await (await get(`/c1/runs/${run}/events`)).text();
    expect(again).toBe(whole);
    const resumed = await get(`/c1/runs/${run}/events?after=5000`);
    expect([resumed.status, sentEventsOf(await resumed.text())]).toEqual([200, [sentEventsOf(whole).at(-1)]]);
    expect(await json(`/c1/runs/${run}`)).toMatchObject({ status: 'incomplete', error: { code: 'upstream_broken' } });
  });

  test.each([
    ['/c1/runs/run_none', 404, 'run_not_found', 'run_id'],
    ['/c1/runs/run_none/events', 404, 'run_not_found', 'run_id'],
    ['/c1/runs/run_none/events?after=-2', 400, 'invalid_field', 'after'],
  ])('%s is %i %s', async (path, status, code, param) => {
    const answer = await get(path);
    expect([answer.status, (await answer.json()).error]).toMatchObject([status, { code, param }]);
  });

  test('of another end user is not found', async () => {
    gateway.upstream.reply(say('Secret'));
    const { run } = idsOf(await gateway.call('POST', '/c1/chat', { ...turn, user_id: 'ada' }));
    expect((await get(`/c1/runs/${run}`)).status).toBe(404);
    expect((await get(`/c1/runs/${run}/events?user_id=bob`)).status).toBe(404);
    expect((await get(`/c1/runs/${run}/events?user_id=ada`)).status).toBe(200);
    expect((await gateway.call('POST', `/c1/runs/${run}/cancel`, { user_id: 'bob' })).status).toBe(404);
  });

  test('goes with its conversation, also while it is in progress', async () => {
    gateway.upstream.reply(hangAfter(1));
    const { run, conversation } = await leaveAfter('One');
    expect((await gateway.call('DELETE', `/c1/conversations/${conversation}`)).status).toBe(200);
    await gateway.upstream.chats.at(-1)?.aborted;
    expect((await get(`/c1/runs/${run}/events`)).status).toBe(404);
  });

  test('of a first turn that failed before its client knew of it leaves nothing', async () => {
    gateway.upstream.reply((exchange) =>
      exchange.send(400, { 'content-type': 'application/json' }, '{"error":{"message":"no"}}'),
    );
    const failed = await gateway.call('POST', '/c1/chat', turn);
    expect([failed.status, failed.headers.get('x-run-id')]).toEqual([400, null]);
  });
});

describe('a run has a limit of', () => {
  test('bytes', async () => {
    const small = await startScripted({ env: { RUN_MAX_BYTES: '20000' } });
    try {
      small.upstream.reply(endlessStream());
      const text = await (await small.call('POST', '/c1/chat', turn)).text();
      expect(JSON.parse(sentEventsOf(text).at(-1)?.data ?? '{}').error.code).toBe('run_limit_exceeded');
      await small.upstream.chats.at(-1)?.aborted;
    } finally {
      await small.close();
    }
  });

  test('time, also while nobody watches and nothing comes', async () => {
    const short = await startScripted({ env: { RUN_MAX_SECONDS: '2' } });
    try {
      short.upstream.reply(hangAfter(1));
      const answered = await short.call('POST', '/c1/chat', turn);
      const text = await answered.text();
      expect(JSON.parse(sentEventsOf(text).at(-1)?.data ?? '{}').error.code).toBe('run_limit_exceeded');
      const run = await (await short.call('GET', `/c1/runs/${answered.headers.get('x-run-id')}`)).json();
      expect(run).toMatchObject({ status: 'incomplete', error: { code: 'run_limit_exceeded' } });
    } finally {
      await short.close();
    }
  });
});

test('a log that is no longer kept says where to read', async () => {
  const brief = await startScripted({ env: { RUN_LOG_HOURS: '0.0000001' } });
  try {
    brief.upstream.reply(say('Gone soon'));
    const answered = await brief.call('POST', '/c1/chat', turn);
    await answered.text();
    const run = answered.headers.get('x-run-id');
    await brief.store.runs.sweep(new Date(Date.now() + 1_000));
    const gone = await brief.call('GET', `/c1/runs/${run}/events`);
    expect([gone.status, (await gone.json()).error.code]).toEqual([410, 'run_log_expired']);
    expect(await (await brief.call('GET', `/c1/runs/${run}`)).json()).toMatchObject({
      status: 'completed',
      log_expires_at: null,
    });
  } finally {
    await brief.close();
  }
});

test('a gateway that closes stores what is under way as incomplete', async () => {
  const closing = await startScripted();
  closing.upstream.reply(hangAfter(2));
  const answered = await closing.call('POST', '/c1/chat', turn);
  const conversation = answered.headers.get('x-conversation-id') ?? '';
  await readerOf(answered).until(' two');
  const { conversations } = closing.store;
  const ended = expect
    .poll(async () => (await conversations.find({ id: conversation, owner: null, userId: null }))?.messages[1]?.status)
    .toBe('incomplete');
  const closed = closing.stopRuns(0);
  const refused = await closing.call('POST', '/c1/chat', turn);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
  expect((await closing.call('GET', '/readyz')).status).toBe(503);
  await closed;
  await ended;
  await closing.close();
});

test('a run that waits for its first token is cancelled at once', async () => {
  gateway.upstream.reply(hangBeforeHeaders);
  const body = { ...turn, message: 'Wait for it' };
  const asked = gateway.call('POST', '/c1/chat', body);
  const find = async () => (await json('/c1/conversations?q=Wait')).items[0]?.id;
  await expect.poll(find).toBeDefined();
  const { runs } = await json(`/c1/conversations/${await find()}`);
  const cancelled = gateway.call('POST', `/c1/runs/${runs[0].id}/cancel`);
  expect((await (await asked).json()).error.code).toBe('run_cancelled');
  expect((await cancelled).status).toBe(200);
});
