import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Conversation } from '../../contracts/conversations/conversation.ts';
import { connectTrpc } from '../support/connect-trpc.ts';
import { errorOf } from '../support/error-of.ts';
import { bearer } from '../support/start-gateway.ts';
import { type HelpersGateway, startHelpers } from '../support/start-helpers.ts';
import { createGate } from '../support/upstream/gate.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';

let gateway: HelpersGateway;
beforeAll(async () => {
  gateway = await startHelpers('summaries: { model: writer, max_tokens: 100 }');
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.upstream.on('talker', say(`Answer. ${'word '.repeat(15)}`));
  gateway.upstream.on('writer', say('They counted.'));
});

const call = (path: string, body?: unknown, key = bearer, method = body ? 'POST' : 'GET') =>
  gateway.call(method, path, body, { authorization: `Bearer ${key}` });

const take = (fields: object, key?: string) =>
  call('/c1/chat', { model: 'talker', overflow: 'summarize', ...fields }, key);

interface Taken {
  readonly id: string;
  readonly answer: string;
  readonly applied: string | null;
}

async function turn(fields: object, key?: string): Promise<Taken> {
  const response = await take(fields, key);
  expect([response.status, await response.text()]).toEqual([200, expect.anything()]);
  const { headers } = response;
  return {
    id: headers.get('x-conversation-id') ?? '',
    answer: (headers.get('x-run-id') ?? '').replace('run_', 'msg_'),
    applied: headers.get('x-gateway-applied'),
  };
}

const read = async (id: string, query = '', key = bearer): Promise<Conversation> =>
  (await call(`/c1/conversations/${id}${query}`, undefined, key)).json();

const summariesOf = ({ messages }: Conversation) =>
  messages.flatMap(({ id, summary }) => (summary ? [{ id, ...summary }] : []));

const question = (n: number) => `Question ${n}. ${'word '.repeat(15)}`;

/** Takes turns until one needs a summary; gives the answers of all of them. */
async function fill(key?: string, rest: object = {}): Promise<Taken[]> {
  const taken: Taken[] = [];
  do {
    if (taken.length === 40) throw new Error('The window never overflowed.');
    taken.push(await turn({ message: question(taken.length), conversation_id: taken[0]?.id, ...rest }, key));
  } while (taken.at(-1)?.applied == null);
  return taken;
}

const lastPrompt = (): { role: string; content: string }[] =>
  JSON.parse(gateway.asked('talker').at(-1)?.body.toString() ?? '').messages;

const INTRODUCTION = 'This summary stands for the earlier part of the conversation';

describe('a turn that asks for summaries', () => {
  test('has one in the place of its oldest turns, and between two summaries each prompt begins with the one before', async () => {
    gateway.upstream.on('writer', ...Array.from({ length: 20 }, (_, i) => say(`Summary ${i}.`)));
    const prefix = () => {
      const body = gateway.asked('talker').at(-1)?.body.toString() ?? '';
      return body.slice(body.indexOf('"messages":['), -2);
    };
    const before = gateway.asked('writer').length;
    let [id, prompt, changes]: [string | undefined, string, number] = [undefined, '', 0];
    for (let i = 0; i < 50; i++) {
      const taken = await turn({ message: question(i), conversation_id: id, system_prompt: 'Be brief.' });
      id = taken.id;
      const now = prefix();
      if (!now.startsWith(prompt)) changes++;
      prompt = now;
      const [system, first] = lastPrompt();
      expect(system).toEqual({ role: 'system', content: 'Be brief.' });
      expect(lastPrompt().map(({ role }) => role)).toEqual(
        lastPrompt().map((_, n) => (n === 0 ? 'system' : n % 2 ? 'user' : 'assistant')),
      );
      const written = gateway.asked('writer').length - before;
      expect(changes).toBe(written);
      if (written === 0) expect(taken.applied).toBeNull();
      else {
        expect(taken.applied).toMatch(/^history_summarized=\d+$/);
        expect(first?.content).toContain(
          `${INTRODUCTION}, which was left out:\n\nSummary ${written - 1}.\n\nQuestion `,
        );
      }
    }
    expect(changes).toBeGreaterThan(2);
    expect(changes).toBeLessThan(12);
    const asked = gateway
      .asked('writer')
      .slice(before)
      .map(({ body }) => JSON.parse(body.toString()));
    expect(asked[0]).toMatchObject({ model: 'writer', max_tokens: 100 });
    expect(asked[0].messages[0].content).toContain('User: Question 0.');
    expect(asked[1].messages[0].content).toContain('<summary_of_what_came_before>\nSummary 0.\n');
    expect(asked[1].messages[0].content).not.toContain('Question 0.');

    const stored = await read(id ?? '');
    expect(stored.messages).toHaveLength(100);
    expect(stored.messages[0]?.content).toBe(question(0));
    const summaries = summariesOf(stored);
    expect(summaries.map(({ text, model }) => [text, model])).toEqual(asked.map((_, i) => [`Summary ${i}.`, 'writer']));
  });

  test('over a websocket as over REST: the first event says what was left out', async () => {
    const [first] = await fill();
    const connection = connectTrpc(gateway);
    try {
      const events: { gateway?: { applied: string | null } }[] = [];
      await new Promise<void>((resolve, reject) => {
        connection.client.c1.chat.stream.subscribe(
          { model: 'talker', message: 'And now?', conversation_id: first?.id ?? null, overflow: 'summarize' },
          {
            onData: ({ data }) => void events.push(data),
            onError: reject,
            onComplete: resolve,
          },
        );
      });
      expect(events[0]?.gateway?.applied).toMatch(/^history_summarized=\d+$/);
    } finally {
      connection.close();
    }
  });

  test('pays for the summary as for a request of its own, and names it in the usage', async () => {
    const key = await gateway.createKey({ name: 'payer', owner: 'payer', credit_usd: 1, models: ['talker'] });
    await fill(key.key, { user_id: 'ann' });
    await gateway.store.usage.flush();
    const { items } = await (await call('/api/usage/requests?limit=100&owner=payer')).json();
    const rows = items.filter(({ owner }: { owner: string }) => owner === 'payer');
    const summary = rows.find(({ operation }: { operation: string }) => operation === 'c1.summary');
    expect(summary).toMatchObject({ key_id: key.id, outcome: 'ok' });
    expect(summary.cost_usd).toBeGreaterThan(0);
    expect(rows.filter(({ operation }: { operation: string }) => operation === 'c1.summary')).toHaveLength(1);
    const wallet = await (await call('/api/wallets/payer')).json();
    expect(wallet.balance_usd).toBeCloseTo(1 - summary.cost_usd, 9);
  });

  test('is refused where no model writes summaries, and leaves nothing behind', async () => {
    const other = await startHelpers('');
    try {
      for (const stream of [false, true]) {
        const refused = await other.call('POST', '/c1/chat', {
          model: 'talker',
          message: 'Hi',
          overflow: 'summarize',
          stream,
        });
        expect(await errorOf(refused)).toMatchObject({ status: 400, code: 'invalid_field', param: 'overflow' });
      }
      expect((await (await other.call('GET', '/c1/conversations')).json()).items).toEqual([]);
    } finally {
      await other.close();
    }
  });
});

describe('a summary that fails', () => {
  test('leaves the oldest turns out, says so, and is tried again by the next turn', async () => {
    gateway.upstream.on('writer', refuse('server-error'));
    const taken = await fill();
    expect(taken.at(-1)?.applied).toMatch(/^history_trimmed=\d+, summary_failed$/);
    expect(lastPrompt()[0]?.content).toMatch(/^Question /);
    const { id } = taken[0] ?? { id: '' };
    expect(summariesOf(await read(id))).toEqual([]);
    gateway.upstream.on('writer', say('They counted on.'));
    expect((await turn({ message: 'Next', conversation_id: id })).applied).toMatch(/^history_summarized=\d+$/);
    expect(summariesOf(await read(id))).toMatchObject([{ text: 'They counted on.', model: 'writer' }]);
  });

  test.each([
    ['an empty one', () => say('')],
    ['one that would fill the window', () => say('word '.repeat(400))],
  ])('for example %s', async (_, script) => {
    gateway.upstream.on('writer', script());
    expect((await fill()).at(-1)?.applied).toMatch(/^history_trimmed=\d+, summary_failed$/);
  });

  test('for a key that cannot pay for it', async () => {
    const { key } = await gateway.createKey({ name: 'poor', owner: 'poor' });
    const sent = gateway.asked('writer').length;
    expect((await fill(key)).at(-1)?.applied).toMatch(/^history_trimmed=\d+, summary_failed$/);
    expect(gateway.asked('writer')).toHaveLength(sent);
  });

  test('is no reason to ask a model for anything once the run is cancelled', async () => {
    const [first] = await fill();
    const { id } = first ?? { id: '' };
    const gate = createGate();
    const written = gateway.asked('writer').length;
    gateway.upstream.on('writer', say('Late.', { gate }));
    let sent = gateway.asked('talker').length;
    // Long questions, until a summary is due.
    let pending: Promise<Response> | null = null;
    for (let i = 0; gateway.asked('writer').length === written; i++) {
      expect(i).toBeLessThan(20);
      sent = gateway.asked('talker').length;
      pending = take({ message: question(i).repeat(3), conversation_id: id });
      await gateway.upstream.waitFor(
        () => gateway.asked('writer').length > written || gateway.asked('talker').length > sent,
      );
      if (gateway.asked('talker').length > sent) await (await pending).text();
    }
    const { runs } = await read(id);
    expect(await (await call(`/c1/runs/${runs[0]?.id}/cancel`, {})).json()).toMatchObject({ id: runs[0]?.id });
    expect(await errorOf((await pending) ?? new Response())).toMatchObject({ code: 'run_cancelled' });
    gate.open();
    expect(gateway.asked('talker')).toHaveLength(sent);
    expect((await read(id)).messages.at(-1)).toMatchObject({ role: 'assistant', status: 'cancelled' });
  });
});

describe('a summary belongs to a path', () => {
  test('a branch that begins before its end does not have it', async () => {
    const taken = await fill();
    const [first] = taken;
    const { id, answer } = first ?? { id: '', answer: '' };
    const edit = await turn({ message: 'Instead', conversation_id: id, parent_message_id: answer });
    expect(edit.applied).toBeNull();
    expect(lastPrompt().map(({ content }) => content.slice(0, 10))).toEqual(['Question 0', 'Answer. wo', 'Instead']);
    expect(summariesOf(await read(id))).toEqual([]);
    expect(summariesOf(await read(id, '?view=tree'))).toHaveLength(1);
    // And one that begins after it does.
    const later = await turn({ message: 'Beside', conversation_id: id, parent_message_id: taken.at(-2)?.answer });
    expect(later.applied).toMatch(/^history_summarized=\d+$/);
  });

  test('two answers of one question that need the same one have it written once', async () => {
    const taken = await fill();
    const { id } = taken[0] ?? { id: '' };
    gateway.upstream.on('writer', say('Shared.'));
    const written = gateway.asked('writer').length;
    const long = { message: 'word '.repeat(500), conversation_id: id, parent_message_id: taken.at(-1)?.answer };
    // Whether they meet or follow each other: the second one takes the summary of the first.
    const both = [turn(long), turn(long)];
    const applied = (await Promise.all(both)).map((one) => one.applied);
    expect(applied[0]).toBe(applied[1]);
    expect(applied[0]).toMatch(/^history_summarized=\d+/);
    expect(gateway.asked('writer').length - written).toBe(1);
    expect(summariesOf(await read(id, '?view=tree')).filter(({ text }) => text === 'Shared.')).toHaveLength(1);
  });

  test('a copy has it, and so has an export that is imported again', async () => {
    const key = await gateway.createKey({ name: 'mover', owner: 'mover', credit_usd: 1 });
    const taken = await fill(key.key);
    const { id } = taken[0] ?? { id: '' };
    const [summary] = summariesOf(await read(id, '', key.key));
    const copy = await (await call(`/c1/conversations/${id}/fork`, {}, key.key)).json();
    const [copied] = summariesOf(await read(copy.id, '', key.key));
    expect(copied).toEqual({ ...summary, id: copied?.id });
    expect(copied?.id).not.toBe(summary?.id);
    const file = await (await call(`/c1/conversations/${id}/export`, undefined, key.key)).text();
    await call(`/c1/conversations/${id}`, undefined, key.key, 'DELETE');
    const imported = await fetch(`${gateway.url}/c1/conversations/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
      body: file,
    });
    expect(imported.status).toBe(200);
    await imported.text();
    expect(summariesOf(await read(id, '', key.key))).toEqual([summary]);
  });

  test('it goes when a message that it tells of is removed, and with the messages that it ends with', async () => {
    const taken = await fill();
    const { id, answer } = taken[0] ?? { id: '', answer: '' };
    expect(summariesOf(await read(id))).toHaveLength(1);
    const gone = await call(`/v1/conversations/${id}/items/${answer}`, undefined, bearer, 'DELETE');
    expect([gone.status, await gone.text()]).toEqual([200, expect.anything()]);
    expect(summariesOf(await read(id))).toEqual([]);
    expect((await turn({ message: 'On', conversation_id: id })).applied).toMatch(/^history_summarized=\d+$/);
    const root = (await read(id)).messages[0]?.id;
    await (await call(`/c1/conversations/${id}/messages/${root}`, undefined, bearer, 'DELETE')).text();
    expect(await gateway.store.conversations.summaries(id)).toEqual(new Map());
  });
});
