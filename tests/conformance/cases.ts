import { expect } from 'vitest';
import { readerOf } from '../support/read-events.ts';
import type { RefusalKind } from '../support/upstream/dialects/dialect.ts';
import type { Script } from '../support/upstream/exchange.ts';
import { answer, bigEvent, callTools, gated, say, think } from '../support/upstream/scripts/answers.ts';
import { endWithoutFinish, errorInStream, malformedEvent, oddly } from '../support/upstream/scripts/failures.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';
import {
  longName,
  namedChoice,
  photo,
  schemaFormat,
  tools,
  withImage,
  withLateInstructions,
  withLongName,
  withNames,
  withResults,
} from './requests.ts';
import { ask, post, received, refused, type Said, type Trial, type Way, ways } from './trial.ts';

/** What a dialect has to do; throws when it does not. */
export type Check = (trial: Trial) => Promise<void>;

const odd = 'Grüße 👋🏽 日本.';
const weather = { name: 'get_weather', arguments: { city: 'Rome' } };
const time = { name: 'get_time', arguments: { zone: 'CET' } };
/** The same script and request, both ways. */
const both =
  (script: Script, fields: object, check: (said: Said, trial: Trial) => void): Check =>
  async (trial) => {
    for (const way of ways) check(await ask(trial, way, script, fields), trial);
  };

const finishes = (reason: string): Check =>
  both(say('One two', { finish: reason }), {}, ({ text, finish }) => {
    expect(text).toBe('One two');
    expect(finish).toEqual([reason]);
  });

const refuses =
  (kind: RefusalKind, ...codes: readonly string[]): Check =>
  async (trial) => {
    for (const way of ways) {
      trial.upstream.reply(refuse(kind));
      const error = await refused(trial, way);
      expect(codes).toContain(error.code);
      if (kind === 'rate-limited') expect(error.retryAfter).toBe('7');
    }
  };

/** A stream that breaks off: what came is there, then the error. */
const breaksOff =
  (script: Script, codes: readonly string[]): Check =>
  async (trial) => {
    const { text, error, finish } = await ask(trial, 'sse', script);
    expect([text, finish]).toEqual(['One two', []]);
    expect(codes).toContain(error?.code);
  };

const streams =
  (script: Script, text: string): Check =>
  async (trial) => {
    expect(await ask(trial, 'sse', script)).toMatchObject({ text, finish: ['stop'], error: null });
  };

const inTurn =
  (...checks: readonly Check[]): Check =>
  async (trial) => {
    for (const check of checks) await check(trial);
  };

/** Within this time an upstream must notice that its client has left. In ms. */
const SOON = 1_000;

async function leaves(trial: Trial, way: Way, tokens: number): Promise<void> {
  const { script, gate } = gated('One two three');
  trial.upstream.reply(script);
  const before = trial.upstream.chats.length;
  const client = new AbortController();
  const response = post(trial, way, {}, client.signal);
  response.catch(() => undefined);
  await gate.reached();
  if (tokens > 0) {
    gate.release(tokens);
    await readerOf(await response).until('One');
  }
  const left = performance.now();
  client.abort();
  const seen = await trial.upstream.chats[before]?.aborted;
  expect((seen?.at ?? Number.POSITIVE_INFINITY) - left).toBeLessThan(SOON);
}

async function waitsForFirst(trial: Trial): Promise<void> {
  for (const gateFrom of ['tokens', 'headers'] as const) {
    const { script, gate } = gated('One two', { gateFrom });
    trial.upstream.reply(script);
    let ended = false;
    const said = post(trial, 'sse').then(async (response) => {
      const text = await response.text();
      ended = true;
      return text;
    });
    await gate.reached();
    expect(ended).toBe(false);
    gate.open();
    expect(await said).toMatch(/ two[\s\S]*\n\ndata: \[DONE\]\n\n$/);
  }
}

const onceCounted = { prompt: 9, completion: 3 };

const forced = (tool_choice: unknown): Check =>
  both(callTools([time]), { tools, tool_choice }, ({ calls }) => {
    expect(calls.map(({ name }) => name)).toEqual(['get_time']);
  });

/** The names of tools in a request of whichever dialect. */
function toolNamesIn(value: unknown, isTool = false): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => toolNamesIn(item, isTool));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (isTool && key === 'name' && typeof inner === 'string') return [inner];
    if (key === 'parameters' || key === 'input_schema' || key === 'parametersJsonSchema') return [];
    return toolNamesIn(
      inner,
      isTool || /^(tools|tool_choice|tool_calls|content|parts|input|functionDeclarations)$/.test(key),
    );
  });
}

/** A vendor's rule is at least this strict; servers that take every name get every name. */
const VENDOR_NAME = /^[a-zA-Z0-9_-]{1,128}$/;

/** Calls its first tool by the name under which it knows it. */
const callFirst: Script = (exchange) => {
  const [name = ''] = toolNamesIn(Object(exchange.request.json).tools, true);
  return callTools([{ name, arguments: {} }])(exchange);
};

/** Every case, in the order of the table. */
export const cases = {
  'plain answer': both(say('Hello you'), {}, ({ text, finish, calls, error }) => {
    expect({ text, finish, calls, error }).toEqual({ text: 'Hello you', finish: ['stop'], calls: [], error: null });
  }),
  stream: async (trial) => {
    const { text, pieces, finish } = await ask(trial, 'sse', say('One two three four'));
    expect([text, finish]).toEqual(['One two three four', ['stop']]);
    expect(pieces).toBeGreaterThanOrEqual(4);
  },
  'tool call': both(callTools([weather]), { tools }, ({ calls, finish }, trial) => {
    expect(calls).toEqual([expect.objectContaining({ id: expect.stringMatching(/./), name: 'get_weather' })]);
    expect(JSON.parse(calls[0]?.arguments ?? '')).toEqual({ city: 'Rome' });
    expect(finish).toEqual(['tool_calls']);
    expect(received(trial)).toContain('Get the get_weather');
    expect(received(trial)).toContain('"city"');
  }),
  'parallel tool calls': both(callTools([weather, time]), { tools }, ({ calls, finish }) => {
    expect(calls.map(({ name, arguments: json }) => [name, JSON.parse(json)])).toEqual([
      ['get_weather', { city: 'Rome' }],
      ['get_time', { zone: 'CET' }],
    ]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    expect(finish).toEqual(['tool_calls']);
  }),
  'some tool required': forced('required'),
  'one tool required': forced(namedChoice),
  'tool results': both(say('Sunny.'), { tools, messages: withResults }, ({ text }, trial) => {
    expect(text).toBe('Sunny.');
    for (const part of ['get_weather', 'get_time', 'Rome', 'sunny-21', 'quarter-past']) {
      expect(received(trial)).toContain(part);
    }
  }),
  'tool name that vendors refuse': both(callFirst, withLongName, ({ calls }, trial) => {
    expect(calls.map(({ name }) => name)).toEqual([longName]);
    // The declaration, the choice and the history all have the one name.
    const others = new Set(tools.map((tool) => tool.function.name));
    const names = new Set(toolNamesIn(trial.upstream.chats.at(-1)?.json).filter((name) => !others.has(name)));
    expect(names.size).toBe(1);
    expect([...names].every((name) => VENDOR_NAME.test(name) || name === longName)).toBe(true);
  }),
  'names of speakers': both(say('Hi both.'), { messages: withNames }, ({ text }, trial) => {
    expect(text).toBe('Hi both.');
    for (const part of ['alice', 'bob', 'Me too.']) expect(received(trial)).toContain(part);
  }),
  'instructions anywhere': both(say('Oui.'), { messages: withLateInstructions }, ({ text }, trial) => {
    expect(text).toBe('Oui.');
    for (const part of ['Be brief-1', 'Be kind-2', 'French-3', 'loudly-4']) expect(received(trial)).toContain(part);
  }),
  reasoning: both(think('Let me see.', 'Yes indeed.'), {}, ({ text, reasoning }) => {
    expect({ text, reasoning }).toEqual({ text: 'Yes indeed.', reasoning: 'Let me see.' });
  }),
  'image in': both(say('A cat.'), { messages: withImage }, ({ text }, trial) => {
    expect(text).toBe('A cat.');
    expect(received(trial)).toContain(photo);
  }),
  'JSON schema': both(say('{"mood":"good"}'), { response_format: schemaFormat }, ({ text }, trial) => {
    expect(JSON.parse(text)).toEqual({ mood: 'good' });
    expect(received(trial)).toMatch(/"enum":\["good","bad"\]/);
  }),
  usage: async (trial) => {
    const script = say('One two three', { usage: onceCounted });
    const counted = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };
    expect((await ask(trial, 'json', script)).usage).toMatchObject(counted);
    expect((await ask(trial, 'sse', script, { stream_options: { include_usage: true } })).usage).toMatchObject(counted);
    expect((await ask(trial, 'sse', script)).usage).toBeNull();
  },
  'cached tokens': both(
    say('One', { usage: { prompt: 9, completion: 1, cached: 5 } }),
    { stream_options: { include_usage: true } },
    ({ usage }) => expect([usage?.prompt_tokens, usage?.prompt_tokens_details?.cached_tokens]).toEqual([9, 5]),
  ),
  'finish: stop': finishes('stop'),
  'finish: length': finishes('length'),
  'finish: content_filter': finishes('content_filter'),
  'error: bad request': refuses('bad-request', 'upstream_rejected'),
  'error: context overflow': refuses('context-overflow', 'context_length_exceeded'),
  'error: our key': refuses('unauthorized', 'upstream_refused'),
  'error: unknown model': refuses('unknown-model', 'upstream_refused'),
  'error: rate limit': refuses('rate-limited', 'model_quota_exhausted'),
  'error: server error': refuses('server-error', 'upstream_broken'),
  // llama.cpp loads its model then, and Ollama is busy.
  'error: unavailable': refuses('unavailable', 'upstream_unavailable', 'model_loading', 'model_busy'),
  'error inside the stream': breaksOff(errorInStream(), ['upstream_broken', 'upstream_unavailable', 'model_busy']),
  'end without finish reason': breaksOff(endWithoutFinish(), ['upstream_broken']),
  'malformed event': breaksOff(malformedEvent(), ['upstream_broken']),
  'UTF-8 cut between bytes': inTurn(streams(oddly({ write: 'byte' }), odd), streams(oddly({ write: 'torn' }), odd)),
  'event of 4 MB': async (trial) => {
    const { text, error } = await ask(trial, 'sse', bigEvent());
    expect([text.length, error]).toEqual(['start  end'.length + 4 * 1024 * 1024, null]);
  },
  '[DONE] missing': streams(oddly({ done: 0 }), odd),
  '[DONE] doubled': streams(oddly({ done: 2 }), odd),
  'CRLF line ends': streams(oddly({ lineEnd: '\r\n' }), odd),
  comments: streams(oddly({ comments: true }), odd),
  'slow first token': waitsForFirst,
  'client leaves before the first token': async (trial) => {
    for (const way of ways) await leaves(trial, way, 0);
  },
  'client leaves after the first token': (trial) => leaves(trial, 'sse', 1),
  'reasoning that leaves no room': both(
    answer({ reasoning: ['Hm.', ' Well'], text: [], finish: 'length' }),
    {},
    ({ text, reasoning, finish }) => expect([text, reasoning, finish]).toEqual(['', 'Hm. Well', ['length']]),
  ),
} as const satisfies Readonly<Record<string, Check>>;

export type CaseName = keyof typeof cases;

const isCaseName = (name: string): name is CaseName => name in cases;

export const caseNames = Object.keys(cases).filter(isCaseName);
