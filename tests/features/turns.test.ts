import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Conversation } from '../../contracts/conversations/conversation.ts';
import { errorOf } from '../support/error-of.ts';
import { payloadsOf, readerOf, textOf } from '../support/read-events.ts';
import { bearer } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { callTools, gated, say, think } from '../support/upstream/scripts/answers.ts';
import {
  destroyAfter,
  destroyBeforeHeaders,
  endWithoutFinish,
  errorInStream,
  hangAfter,
  hangBeforeHeaders,
} from '../support/upstream/scripts/failures.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({ aliases: ['scripted', 'other', 'scripted-up2'] });
});
afterAll(() => gateway.close());

const take = (fields: object) => gateway.call('POST', '/c1/chat', { model: 'scripted', ...fields });

/** A turn that is read to its end; gives the conversation's id. */
async function turn(fields: object): Promise<string> {
  const response = await take(fields);
  await response.text();
  return response.headers.get('x-conversation-id') ?? '';
}

const asked = () => gateway.upstream.chats.at(-1);

/** The text of the `messages` that the upstream got last, byte for byte. */
function messagesText(): string {
  const body = asked()?.body.toString() ?? '';
  const from = body.indexOf('"messages":[') + '"messages":['.length;
  let depth = 0;
  for (let at = from, inString = false; at < body.length; at++) {
    const char = body[at];
    if (inString) {
      if (char === '\\') at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '[' || char === '{') depth++;
    else if (char === ']' && depth === 0) return body.slice(from, at);
    else if (char === ']' || char === '}') depth--;
  }
  throw new Error('The request has no messages.');
}

const messages = () => JSON.parse(`[${messagesText()}]`);

const conversation = async (id: string, query = ''): Promise<Conversation> =>
  (await gateway.call('GET', `/c1/conversations/${id}${query}`)).json();

describe('the prompt', () => {
  test('holds the history, and each turn begins with every byte of the one before', async () => {
    const texts = ['Grüße 👋', 'Line\nbreak "quoted" \\ </script> \u2028', '{"json":1.0}', ''];
    let id: string | undefined;
    let before = '';
    for (const [i, content] of texts.entries()) {
      gateway.upstream.reply(say(`Answer ${i}: é "x" \n`));
      const stream = i % 2 === 1;
      const parts = content === '' ? [{ type: 'text', text: 'In parts', cache_control: { type: 'x' } }] : content;
      id = await turn({ message: parts, conversation_id: id, stream, temperature: i / 10 });
      const now = messagesText();
      expect(now.startsWith(before)).toBe(true);
      expect(now.length).toBeGreaterThan(before.length);
      before = now;
    }
    expect(messages()).toEqual([
      { role: 'user', content: texts[0] },
      { role: 'assistant', content: 'Answer 0: é "x" \n' },
      { role: 'user', content: texts[1] },
      { role: 'assistant', content: 'Answer 1: é "x" \n' },
      { role: 'user', content: texts[2] },
      { role: 'assistant', content: 'Answer 2: é "x" \n' },
      { role: 'user', content: [{ type: 'text', text: 'In parts', cache_control: { type: 'x' } }] },
    ]);
  });

  test('stays the same whether the answers were streamed or not, and under another model', async () => {
    const prompts = [];
    for (const stream of [false, true]) {
      gateway.upstream.reply(
        think('Hm.', 'Yes, it is.'),
        callTools([{ name: 'f', arguments: { a: 1 }, id: 'call_1' }]),
      );
      const id = await turn({ message: 'One', stream });
      await turn({
        message: 'Two',
        conversation_id: id,
        stream,
        tools: [{ type: 'function', function: { name: 'f' } }],
      });
      await turn({ tool_results: [{ tool_call_id: 'call_1', content: '1' }], conversation_id: id, model: 'other' });
      prompts.push(messagesText());
    }
    expect(prompts[0]).toBe(prompts[1]);
  });

  test('leaves reasoning out, but for that of tool calls', async () => {
    gateway.upstream.reply(think('Secret thought.', 'Yes.'));
    const id = await turn({ message: 'One' });
    gateway.upstream.reply(
      callTools([{ name: 'f', arguments: {}, id: 'call_1' }], {
        reasoning: ['Call it.'],
        reasoningField: 'reasoning_content',
      }),
    );
    await turn({ message: 'Two', conversation_id: id });
    expect(messagesText()).not.toContain('Secret thought');
    await turn({ tool_results: [{ tool_call_id: 'call_1', content: 'ok' }], conversation_id: id });
    expect(messages()[3]).toMatchObject({
      role: 'assistant',
      reasoning_content: 'Call it.',
      tool_calls: [{ id: 'call_1' }],
    });
    const stored = await conversation(id);
    expect(stored.messages[1]).toMatchObject({ content: 'Yes.', reasoning_content: 'Secret thought.' });
  });

  test('begins with the system prompt, from the turn on that sets it', async () => {
    const id = await turn({ message: 'One', system_prompt: 'Be brief.' });
    expect(messages()[0]).toEqual({ role: 'system', content: 'Be brief.' });
    await turn({ message: 'Two', conversation_id: id });
    expect(messages().map(({ role }: { role: string }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    await gateway.call('PATCH', `/c1/conversations/${id}`, { system_prompt: 'Be long.' });
    await turn({ message: 'Three', conversation_id: id });
    expect(messages()[0]).toEqual({ role: 'system', content: 'Be long.' });
    await turn({ message: 'Four', conversation_id: id, system_prompt: null });
    expect(messages()[0]).toEqual({ role: 'user', content: 'One' });
    expect((await conversation(id)).system_prompt).toBeNull();
  });

  test('has the images of the shortcut as content parts, also in later turns', async () => {
    const url = 'data:image/png;base64,iVBORw0KGgo=';
    const id = await turn({ message: 'Look', images: [{ url, detail: 'low' }] });
    await turn({ message: 'And now?', conversation_id: id });
    expect(messages()[0]).toEqual({
      role: 'user',
      content: [
        { type: 'text', text: 'Look' },
        { type: 'image_url', image_url: { url, detail: 'low' } },
      ],
    });
  });
});

describe('the fields of a turn', () => {
  test('are for the upstream, but those of the conversation and the no-op defaults', async () => {
    await turn({
      message: 'Hi',
      user_id: 'ada',
      provider: 'up',
      system_prompt: 'S',
      images: [],
      tool_results: [],
      tools: [],
      tool_choice: 'auto',
      response_format: { type: 'text' },
      stream: false,
      max_tokens: 60,
      vendor_field: { a: 1 },
    });
    expect(asked()?.json).toEqual({
      model: 'test-model',
      max_tokens: 60,
      vendor_field: { a: 1 },
      messages: [
        { role: 'system', content: 'S' },
        { role: 'user', content: 'Hi' },
      ],
    });
  });

  test('are sent when they mean something', async () => {
    const fields = {
      tools: [{ type: 'function', function: { name: 'f' } }],
      tool_choice: 'required',
      response_format: { type: 'json_object' },
      temperature: 0,
      stop: ['x'],
    };
    await turn({ message: 'Hi', ...fields });
    expect(asked()?.json).toMatchObject(fields);
  });

  test('a stream asks for the usage, and shows it only to who asked', async () => {
    const silent = await (await take({ message: 'Hi', stream: true })).text();
    expect(asked()?.json).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(silent).not.toContain('"usage":{');
    const told = await (await take({ message: 'Hi', stream: true, stream_options: { include_usage: true } })).text();
    expect(told).toContain('"usage":{');
  });

  test('the answer shows the alias, and its conversation in a header of JSON and of streams', async () => {
    gateway.upstream.reply(say('Hello'), say('Hello'));
    const json = await take({ message: 'Hi' });
    expect(await json.json()).toMatchObject({ object: 'chat.completion', model: 'scripted' });
    const stream = await take({ message: 'Hi', stream: true });
    for (const { headers } of [json, stream]) {
      expect(headers.get('x-conversation-id')).toMatch(/^conv_/);
      expect(headers.get('x-gateway-backend')).toBe('up/test-model');
    }
    expect(textOf(await stream.text())).toBe('Hello');
  });
});

describe('the character NUL', () => {
  test('in a message is kept and sent; in an answer and its thoughts it cuts nothing off', async () => {
    gateway.upstream.reply(think('A\0B', 'C\0D'));
    const id = await turn({ message: 'E\0F' });
    expect(messages()).toEqual([{ role: 'user', content: 'E\0F' }]);
    expect((await conversation(id)).messages).toMatchObject([
      { content: 'E\0F' },
      { content: 'C\0D', reasoning_content: 'AB' },
    ]);
    await turn({ message: 'Next', conversation_id: id });
    expect(messages()[1]).toEqual({ role: 'assistant', content: 'C\0D' });
  });

  test.each(['title', 'system_prompt', 'user_id'])('in %s is refused, naming the field', async (field) => {
    const id = await turn({ message: 'Hi' });
    const patched = await gateway.call('PATCH', `/c1/conversations/${id}`, { [field]: 'a\0b' });
    expect(await errorOf(patched)).toMatchObject({ code: 'invalid_field', param: field });
    if (field === 'title') return;
    expect(await errorOf(await take({ message: 'Hi', [field]: 'a\0b' }))).toMatchObject({ param: field });
  });
});

describe('the provider field', () => {
  test('names the alias <model>-<provider> when there is one', async () => {
    const response = await take({ message: 'Hi', provider: 'up2' });
    expect((await response.json()).model).toBe('scripted-up2');
    expect((await conversation(response.headers.get('x-conversation-id') ?? '')).model).toBe('scripted-up2');
  });

  test('names a backend of the model otherwise', async () => {
    expect((await (await take({ message: 'Hi', provider: 'up' })).json()).model).toBe('scripted');
    const error = await errorOf(await take({ message: 'Hi', provider: 'none' }));
    expect(error).toMatchObject({ code: 'invalid_field', param: 'provider' });
    expect(error.message).toContain('up');
  });
});

describe('tools', () => {
  const tools = [{ type: 'function', function: { name: 'f' } }];
  const calls = [
    { name: 'f', arguments: { n: 1 }, id: 'call_1' },
    { name: 'f', arguments: { n: 2 }, id: 'call_2' },
  ];

  test('calls and results are kept, and the prompt stays a prefix of the next one', async () => {
    gateway.upstream.reply(callTools(calls), say('Done.'));
    const id = await turn({ message: 'Do it', tools });
    const first = messagesText();
    await turn({
      conversation_id: id,
      tool_results: [
        { tool_call_id: 'call_1', content: 'one' },
        { tool_call_id: 'call_2', content: [{ type: 'text', text: 'two' }] },
      ],
      tools,
    });
    const second = messagesText();
    expect(second.startsWith(first)).toBe(true);
    expect(messages().map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'tool', 'tool']);
    expect(messages()[1].tool_calls).toMatchObject([
      { id: 'call_1', function: { name: 'f', arguments: '{"n":1}' } },
      { id: 'call_2', function: { name: 'f', arguments: '{"n":2}' } },
    ]);
    expect(messages()[2]).toEqual({ role: 'tool', tool_call_id: 'call_1', content: 'one' });
    expect(messages()[3]).toEqual({ role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: 'two' }] });

    await turn({ conversation_id: id, message: 'Thanks' });
    expect(messagesText().startsWith(second)).toBe(true);
    expect(messages().at(-2)).toEqual({ role: 'assistant', content: 'Done.' });
    expect((await conversation(id)).messages.map(({ role, tool_call_id }) => tool_call_id ?? role)).toEqual([
      ...['user', 'assistant', 'call_1', 'call_2', 'assistant', 'user', 'assistant'],
    ]);
  });

  test('results that never came are said to be missing, in the same words in every later prompt', async () => {
    gateway.upstream.reply(callTools(calls));
    const id = await turn({ message: 'Do it', tools });
    await turn({ conversation_id: id, tool_results: [{ tool_call_id: 'call_2', content: 'two' }], message: 'Go on' });
    const second = messagesText();
    const results = messages().filter(({ role }: { role: string }) => role === 'tool');
    expect(results.map(({ tool_call_id }: { tool_call_id: string }) => tool_call_id).toSorted()).toEqual([
      'call_1',
      'call_2',
    ]);
    expect(results).toContainEqual({ role: 'tool', tool_call_id: 'call_1', content: '(no result)' });
    await turn({ conversation_id: id, message: 'And then?' });
    expect(messagesText().startsWith(second)).toBe(true);

    gateway.upstream.reply(callTools([{ name: 'f', arguments: {}, id: 'call_3' }]));
    await turn({ conversation_id: id, message: 'Again', tools });
    await turn({ conversation_id: id, message: 'Never mind' });
    expect(messages().slice(-2)).toEqual([
      { role: 'tool', tool_call_id: 'call_3', content: '(no result)' },
      { role: 'user', content: 'Never mind' },
    ]);
  });

  test.each([
    ['in a new conversation', undefined, ['call_1'], 0],
    ['of no call', ['call_1', 'call_2'], ['call_1', 'call_x'], 1],
    ['twice', ['call_1', 'call_2'], ['call_1', 'call_1'], 1],
  ] as const)('a result %s is refused, and nothing is stored', async (_what, called, given, at) => {
    let id: string | undefined;
    if (called) {
      gateway.upstream.reply(callTools(called.map((call) => ({ name: 'f', arguments: {}, id: call }))));
      id = await turn({ message: 'Do it', tools });
    }
    const before = gateway.upstream.chats.length;
    const tool_results = given.map((tool_call_id) => ({ tool_call_id, content: 'x' }));
    const refused = await take({ conversation_id: id, tool_results, message: 'And?' });
    expect(refused.status).toBe(400);
    expect(await errorOf(refused)).toMatchObject({
      code: 'invalid_field',
      param: `tool_results[${at}].tool_call_id`,
    });
    expect(gateway.upstream.chats.length).toBe(before);
    if (id) expect((await conversation(id)).messages).toHaveLength(2);
  });

  test('a call takes its result once, and again only where the turn with it failed', async () => {
    gateway.upstream.reply(callTools([{ name: 'f', arguments: {}, id: 'call_9' }]), refuse('unavailable'), say('Ok.'));
    const id = await turn({ message: 'Do it', tools });
    const result = { conversation_id: id, tool_results: [{ tool_call_id: 'call_9', content: 'about "call_9"' }] };
    expect((await take(result)).status).toBe(503);
    expect((await take(result)).status).toBe(200);
    expect(messages().at(-1)).toEqual({ role: 'tool', tool_call_id: 'call_9', content: 'about "call_9"' });
    expect(await errorOf(await take(result))).toMatchObject({ param: 'tool_results[0].tool_call_id' });
  });

  test('a result that speaks of another call does not stand in for its result', async () => {
    gateway.upstream.reply(callTools(calls));
    const id = await turn({ message: 'Do it', tools });
    const content = [{ type: 'text', text: 'call_2' }];
    await turn({ conversation_id: id, tool_results: [{ tool_call_id: 'call_1', content }] });
    expect(messages().slice(-2)).toEqual([
      { role: 'tool', tool_call_id: 'call_1', content },
      { role: 'tool', tool_call_id: 'call_2', content: '(no result)' },
    ]);
  });

  test('the parts of a result, that it is an error, and fields of its own are kept', async () => {
    gateway.upstream.reply(callTools(calls));
    const id = await turn({ message: 'Do it', tools });
    const parts = [{ type: 'text', text: 'No such city.', vendor: 1 }];
    const results = [
      { tool_call_id: 'call_1', content: parts, is_error: true, role: 'user' },
      { tool_call_id: 'call_2', content: 'fine', is_error: false, vendor_field: 2 },
    ];
    await turn({ conversation_id: id, tool_results: results });
    expect(messages().slice(-2)).toEqual([
      { role: 'tool', tool_call_id: 'call_1', content: parts, is_error: true },
      { role: 'tool', tool_call_id: 'call_2', content: 'fine', vendor_field: 2 },
    ]);
    const stored = (await conversation(id)).messages.filter(({ role }) => role === 'tool');
    expect(stored).toMatchObject([{ content: parts, is_error: true }, { content: 'fine' }]);
    expect(stored[1]).not.toHaveProperty('is_error');
  });
});

describe('a turn that fails', () => {
  test.each([
    ['a refusal', refuse('server-error'), 502],
    ['a quota', refuse('rate-limited'), 429],
    ['a cut connection', destroyBeforeHeaders, 502],
  ] as const)('by %s is kept with its status, and left out of later prompts', async (_what, script, status) => {
    for (const stream of [false, true]) {
      const id = await turn({ message: 'One' });
      const first = messagesText();
      gateway.upstream.reply(script);
      const failed = await take({ message: 'Two', conversation_id: id, stream });
      expect(failed.status).toBe(status);
      expect(failed.headers.get('x-conversation-id')).toBe(id);
      await failed.text();
      await turn({ message: 'Three', conversation_id: id });
      expect(messagesText().startsWith(first)).toBe(true);
      expect(messages().map(({ content }: { content: string }) => content)).toEqual([
        'One',
        'Hello from upstream.',
        'Three',
      ]);
      const stored = await conversation(id);
      expect(stored.messages.map(({ content, status }) => [content, status])).toEqual([
        ['One', 'completed'],
        ['Hello from upstream.', 'completed'],
        ['Two', 'failed'],
        ['', 'failed'],
        ['Three', 'completed'],
        ['Hello from upstream.', 'completed'],
      ]);
      expect(stored.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    }
  });

  test.each([
    ['a failure', refuse('unavailable'), 503],
    ['a quota', refuse('rate-limited'), 429],
    ['a client fault', refuse('bad-request'), 400],
  ] as const)('as the first one, by %s, leaves no conversation behind', async (_what, script, status) => {
    const total = async () => (await (await gateway.call('GET', '/c1/conversations')).json()).total;
    const before = await total();
    for (const stream of [false, true]) {
      gateway.upstream.reply(script);
      const failed = await take({ message: 'One', stream });
      expect([failed.status, failed.headers.get('x-conversation-id')]).toEqual([status, null]);
      await failed.text();
    }
    expect(await total()).toBe(before);
    await turn({ message: 'One' });
    expect(await total()).toBe(before + 1);
  });

  test.each([
    ['the connection is cut', destroyAfter(2)],
    ['the stream ends without a finish', endWithoutFinish(2)],
    ['an error event comes', errorInStream({ tokens: 2 })],
  ] as const)('half-way, because %s, keeps its text as incomplete and goes on from it', async (_what, script) => {
    gateway.upstream.reply(script);
    const response = await take({ message: 'Count', stream: true });
    const id = response.headers.get('x-conversation-id') ?? '';
    const payloads = payloadsOf(await response.text());
    expect(payloads.at(-1)).toMatch(/"upstream_broken"/);
    const stored = await conversation(id);
    expect(stored.messages[1]).toMatchObject({ content: 'One two', status: 'incomplete', finish_reason: null });
    await turn({ message: 'Go on', conversation_id: id });
    expect(messages().map(({ content }: { content: string }) => content)).toEqual(['Count', 'One two', 'Go on']);
  });
});

describe('a client that leaves a turn which it wants cancelled then', () => {
  const leavable = (fields: object) => {
    const leaving = new AbortController();
    const response = fetch(`${gateway.url}/c1/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'scripted', on_disconnect: 'cancel', ...fields }),
      signal: leaving.signal,
    });
    response.catch(() => undefined);
    return { response, leave: () => leaving.abort() };
  };

  /** Asks until the answer is no longer in progress; the store is written after the client has gone. */
  async function settled(id: string): Promise<Conversation> {
    for (const until = performance.now() + 5_000; performance.now() < until; ) {
      const stored = await conversation(id);
      if (stored.messages.every(({ status }) => status !== 'in_progress')) return stored;
    }
    throw new Error('The turn never ended.');
  }

  test('half-way leaves the text so far, as cancelled, and a free conversation', async () => {
    gateway.upstream.reply(hangAfter(2));
    const { response, leave } = leavable({ message: 'Count', stream: true });
    const answer = await response;
    const id = answer.headers.get('x-conversation-id') ?? '';
    await readerOf(answer).until(' two');
    leave();
    expect((await settled(id)).messages[1]).toMatchObject({ content: 'One two', status: 'cancelled' });
    await turn({ message: 'Go on', conversation_id: id });
    expect(messages().map(({ content }: { content: string }) => content)).toEqual(['Count', 'One two', 'Go on']);
  });

  test('before the first answer leaves no conversation behind', async () => {
    const total = async () => (await (await gateway.call('GET', '/c1/conversations')).json()).total;
    const before = await total();
    gateway.upstream.reply(hangBeforeHeaders);
    const seen = gateway.upstream.chats.length;
    const { leave } = leavable({ message: 'One' });
    await gateway.upstream.waitFor(({ chats }) => chats.length > seen);
    expect(await total()).toBe(before + 1);
    leave();
    await expect.poll(total).toBe(before);
  });

  test.each([false, true])(
    'before the answer (stream: %s) leaves a turn that is cancelled and not in later prompts',
    async (stream) => {
      const id = await turn({ message: 'One' });
      gateway.upstream.reply(hangBeforeHeaders);
      const seen = gateway.upstream.chats.length;
      const { leave } = leavable({ message: 'Two', conversation_id: id, stream });
      await gateway.upstream.waitFor(({ chats }) => chats.length > seen);
      expect((await conversation(id)).messages.at(-1)).toMatchObject({ role: 'assistant', status: 'in_progress' });
      leave();
      expect((await settled(id)).messages.at(-1)).toMatchObject({ content: '', status: 'cancelled' });
      await turn({ message: 'Three', conversation_id: id });
      expect(messages().map(({ content }: { content: string }) => content)).toEqual([
        'One',
        'Hello from upstream.',
        'Three',
      ]);
    },
  );
});

describe('two turns at once on one conversation', () => {
  test('one is answered, the other gets 409 conversation_busy', async () => {
    const id = await turn({ message: 'One' });
    const { script, gate } = gated('Slow answer');
    gateway.upstream.reply(script);
    const [first, ...others] = [1, 2, 3, 4].map((n) => take({ message: `Turn ${n}`, conversation_id: id }));
    const all = [first, ...others].map(async (pending) => {
      const response = await pending;
      if (response?.status === 409) return errorOf(response);
      return response?.json();
    });
    await gate.reached();
    // Those that lost answer while the winner is still waiting.
    const lost = [];
    const pending = new Set(all.map((promise, i) => promise.then((value) => ({ i, value }))));
    while (lost.length < 3) {
      const { i, value } = await Promise.race(pending);
      lost.push(value);
      for (const promise of [...pending]) if ((await Promise.race([promise, null]))?.i === i) pending.delete(promise);
    }
    for (const error of lost) expect(error).toMatchObject({ code: 'conversation_busy', param: 'conversation_id' });
    gate.open();
    const answers = await Promise.all(all);
    expect(answers.filter(({ object }) => object === 'chat.completion')).toHaveLength(1);
    const { messages: stored } = await conversation(id);
    expect(stored).toHaveLength(4);
    expect(stored.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect((await take({ message: 'Free again?', conversation_id: id })).status).toBe(200);
  });

  test('conversations of their own do not wait for each other', async () => {
    const { script, gate } = gated('Slow answer');
    gateway.upstream.reply(script);
    const slow = take({ message: 'One' });
    await gate.reached();
    expect((await take({ message: 'Two' })).status).toBe(200);
    gate.open();
    expect((await slow).status).toBe(200);
  });
});
