import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BELIEVED_MS } from '../../server/features/turns/learned-limit.ts';
import { setMonotonicClock } from '../support/set-clock.ts';
import { dialectKinds } from '../support/start-dialects.ts';
import { type Gateway, startGateway } from '../support/start-gateway.ts';
import { upstreamKey } from '../support/start-scripted.ts';
import type { DialectName } from '../support/upstream/dialects/dialect.ts';
import type { Script } from '../support/upstream/exchange.ts';
import type { JsonObject } from '../support/upstream/json.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { errorInStream } from '../support/upstream/scripts/failures.ts';
import { errorBodyWith200, refuse } from '../support/upstream/scripts/refusals.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

const dialects = ['vllm', 'llamacpp', 'ollama', 'openai-responses', 'anthropic', 'gemini'] as const;
/** Aliases of each dialect: what is learned of one of them does not concern the others. */
const ALIASES = 12;

/** Models of `vllm` with scripts of their own. */
const own = ['at-least', 'characters', 'plain', 'grows', 'ample'] as const;

let gateway: Gateway;
const upstreams = new Map<DialectName, ScriptedUpstream>();
beforeAll(async () => {
  const providers: string[] = [];
  const models: string[] = [];
  for (const dialect of dialects) {
    const upstream = await startUpstream({ dialect, apiKey: upstreamKey });
    upstreams.set(dialect, upstream);
    providers.push(`  ${dialect}: { kind: ${dialectKinds[dialect]}, base_url: "${upstream.url}", api_key_env: KEY }`);
    for (let i = 0; i < ALIASES; i++) {
      models.push(`  - { alias: ${dialect}-${i}, backends: [{ provider: ${dialect}, model: test-model }] }`);
    }
  }
  for (const alias of own) models.push(`  - { alias: ${alias}, backends: [{ provider: vllm, model: ${alias} }] }`);
  gateway = await startGateway({
    models: `providers:\n${providers.join('\n')}\nmodels:\n${models.join('\n')}\n`,
    env: { KEY: upstreamKey },
  });
});
afterAll(async () => {
  await gateway.close();
  for (const upstream of upstreams.values()) await upstream.close();
});

let taken = 0;

/** As the vendors say it in a stream that has begun. */
const inStream: Readonly<Record<DialectName, JsonObject>> = {
  vllm: {
    error: {
      message: "This model's maximum context length is 8192 tokens. However, your request has 9001 input tokens.",
      type: 'BadRequestError',
      code: 400,
    },
  },
  llamacpp: {
    error: { code: 400, message: 'the request exceeds the available context size', type: 'exceed_context_size_error' },
  },
  ollama: { error: { message: 'the input length exceeds the context length', type: 'invalid_request_error' } },
  'openai-responses': {
    type: 'error',
    code: 'context_length_exceeded',
    message: 'Your input exceeds the context window of this model.',
    param: 'input',
    sequence_number: 0,
  },
  anthropic: {
    type: 'error',
    error: { type: 'invalid_request_error', message: 'prompt is too long: 208310 tokens > 200000 maximum' },
  },
  gemini: {
    error: {
      code: 400,
      message: 'The input token count (1300000) exceeds the maximum number of tokens allowed (1048576).',
      status: 'INVALID_ARGUMENT',
    },
  },
};

const conversations = {
  '/c1/chat': (conversation_id: string | undefined, message: string) => ({ message, conversation_id }),
  '/v1/responses': (conversation: string | undefined, input: string) => ({ input, conversation }),
} as const;

/** Six turns in one conversation with a model of its own, the last of them with that script. */
async function talk(dialect: DialectName, path: keyof typeof conversations, last: { script: Script; stream: boolean }) {
  const upstream = upstreams.get(dialect);
  const model = `${dialect}-${taken++ % (ALIASES - 1)}`;
  let id: string | undefined;
  const ask = async (i: number, stream: boolean) => {
    const body = { model, ...conversations[path](id, `Question ${i} ${'word '.repeat(40)}`), stream };
    const answer = await gateway.call('POST', path, body);
    return { answer, text: await answer.text() };
  };
  for (let i = 0; i < 5; i++) {
    upstream?.reply(say('word '.repeat(40)));
    const { answer, text } = await ask(i, false);
    expect([answer.status, text]).toEqual([200, expect.stringContaining('word')]);
    id ??= answer.headers.get('x-conversation-id') ?? '';
  }
  upstream?.reply(last.script, say('Shorter.'));
  const { answer, text } = await ask(5, last.stream);
  return {
    answer,
    text,
    model,
    id: id ?? '',
    sent: upstream?.chats.slice(-2).map(({ body }) => body.toString()) ?? [],
  };
}

describe.each(dialects)('%s says that the prompt is too long', (dialect) => {
  test.each(['/c1/chat', '/v1/responses'] as const)('and gets fewer turns of %s, once', async (path) => {
    const ways = [
      [refuse('context-overflow'), false],
      [refuse('context-overflow'), true],
      [errorBodyWith200('context-overflow'), false],
      [errorInStream({ tokens: 0, event: inStream[dialect] }), true],
    ] as const;
    for (const [script, stream] of ways) {
      const { answer, text, sent } = await talk(dialect, path, { script, stream });
      expect([answer.status, text]).toEqual([200, expect.stringContaining('Shorter.')]);
      expect(answer.headers.get('x-gateway-applied')).toMatch(/history_trimmed=[1-5]/);
      expect(sent[0]).toContain('Question 5');
      expect(sent[1]).toContain('Question 5');
      expect(sent[1]?.length).toBeLessThan(sent[0]?.length ?? 0);
    }
  });
});

/** A server with a window of 600 tokens, which counts as vLLM does. */
const small: Script = (exchange) => {
  const tokens = Math.ceil(exchange.request.body.length / 4);
  if (tokens <= 600) return say('word '.repeat(40))(exchange);
  const message = `This model's maximum context length is 600 tokens. However, your request has ${tokens} input tokens.`;
  return exchange.sendJson(400, { error: { message, type: 'BadRequestError', param: 'input_tokens', code: 400 } });
};

test('the limit that was learned holds for later turns: few are asked twice, and prompts begin with the one before', async () => {
  const upstream = upstreams.get('vllm');
  upstream?.on('test-model', small);
  const asked: string[] = [];
  let id: string | undefined;
  for (let i = 0; i < 30; i++) {
    const before = upstream?.chats.length ?? 0;
    const message = `Question ${i} ${'word '.repeat(20)}`;
    const answer = await gateway.call('POST', '/c1/chat', { model: 'vllm-11', message, conversation_id: id });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('word')]);
    id ??= answer.headers.get('x-conversation-id') ?? '';
    asked.push(...(upstream?.chats.slice(before).map(({ body }) => body.toString().slice(0, -2)) ?? []));
  }
  expect(asked.length).toBeLessThan(33);
  const isNext = (prompt: string, i: number) => prompt.startsWith(asked[i - 1] ?? '');
  expect(asked.filter((prompt, i) => i > 0 && !isNext(prompt, i)).length).toBeLessThan(10);
});

test('a new turn that is too long by itself is refused as such, after one request', async () => {
  const upstream = upstreams.get('gemini');
  upstream?.reply(refuse('context-overflow'));
  const before = upstream?.chats.length ?? 0;
  const answer = await gateway.call('POST', '/c1/chat', { model: 'gemini-0', message: 'word '.repeat(500) });
  expect([answer.status, (await answer.json()).error.code]).toEqual([400, 'context_length_exceeded']);
  expect(upstream?.chats).toHaveLength(before + 1);
});

/** A server whose window is so many tokens, and that has two of them and a half where our estimate has one. */
const dense =
  (window: () => number, words: string): Script =>
  (exchange) => {
    const tokens = Math.ceil(exchange.request.body.length / 2);
    if (tokens <= window()) return say('word '.repeat(30))(exchange);
    const message = `This model's maximum context length is ${window()} tokens. ${words} Please reduce the length of the input prompt.`;
    return exchange.sendJson(400, { error: { message, type: 'BadRequestError', param: 'input_tokens', code: 400 } });
  };

const turn = async (model: string, message: string, conversation_id?: string) => {
  const answer = await gateway.call('POST', '/c1/chat', { model, message, conversation_id });
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('word')]);
  return answer.headers;
};

/** A conversation of twenty turns with a model whose window is large enough. */
async function grow(): Promise<string> {
  upstreams.get('vllm')?.on('ample', say('word '.repeat(30)));
  let id = '';
  for (let i = 0; i < 20; i++) {
    id = (await turn('ample', `Question ${i} ${'word '.repeat(60)}`, id || undefined)).get('x-conversation-id') ?? '';
  }
  return id;
}

// The words of vLLM 0.32: it stops to count where the window ends, and does not begin to where there are very many characters.
test.each([
  ['at-least', 'However, your prompt contains at least 901 input tokens, which exceeds this limit.'],
  [
    'characters',
    'However, your prompt contains 45050 characters (more than 8032 characters, the upper bound for 502 input tokens).',
  ],
  ['plain', ''],
] as const)(
  'a server that does not say by how much (%s) gets a long history in a few attempts',
  async (model, words) => {
    const upstream = upstreams.get('vllm');
    upstream?.on(
      model,
      dense(() => 900, words),
    );
    const id = await grow();
    const before = upstream?.chats.length ?? 0;
    const headers = await turn(model, 'And now?', id);
    expect(headers.get('x-gateway-applied')).toMatch(/history_trimmed=\d+/);
    expect((upstream?.chats.length ?? 0) - before).toBeLessThan(5);
    const learned = upstream?.chats.length ?? 0;
    await turn(model, 'And then?', id);
    expect((upstream?.chats.length ?? 0) - learned).toBe(1);
  },
);

test('a server that comes back with a larger window gets the whole history after a while', async () => {
  let window = 900;
  const upstream = upstreams.get('vllm');
  upstream?.on(
    'grows',
    dense(() => window, ''),
  );
  const id = await grow();
  await turn('grows', 'And now?', id);
  window = 100_000;
  expect((await turn('grows', 'And then?', id)).get('x-gateway-applied')).toMatch(/history_trimmed=/);
  const restore = setMonotonicClock(BELIEVED_MS);
  try {
    expect((await turn('grows', 'And at last?', id)).get('x-gateway-applied')).toBeNull();
  } finally {
    restore();
  }
  expect(upstream?.chats.at(-1)?.body.toString()).toContain('Question 0 ');
});
