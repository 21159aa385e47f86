import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chunksOf } from '../support/read-events.ts';
import { type DialectGateway, startDialects } from '../support/start-dialects.ts';
import type { Script } from '../support/upstream/exchange.ts';
import { frameOf } from '../support/upstream/frames.ts';
import { createGate } from '../support/upstream/gate.ts';
import { say } from '../support/upstream/scripts/answers.ts';

const dialects = ['vllm', 'openai-responses', 'anthropic', 'llamacpp'] as const;

let gateway: DialectGateway;
beforeAll(async () => {
  gateway = await startDialects(dialects);
});
afterAll(() => gateway.close());

const ask = (model: string, fields: object = {}) =>
  gateway.call('POST', '/v1/chat/completions', {
    model,
    messages: [{ role: 'user', content: 'Hi' }],
    stream: true,
    ...fields,
  });

describe.each(['vllm', 'openai-responses', 'anthropic'] as const)('a stream of %s', (model) => {
  const upstream = () => {
    const found = gateway.upstreams[model];
    if (!found) throw new Error('no upstream');
    return found;
  };

  /** Sends a whole answer; the end of the body waits for the gate. */
  const late =
    (gate: ReturnType<typeof createGate>): Script =>
    async (exchange) => {
      const { dialect, request } = exchange;
      exchange.head(200, { 'content-type': dialect.streamType });
      for (const event of dialect.events({ text: ['One', ' two'] }, request.asked))
        await exchange.write(frameOf(event).text);
      if (dialect.endMark) await exchange.write('data: [DONE]\n\n');
      await gate.pass(exchange.signal);
      exchange.end();
    };

  test('whose body ends after its last event gives its connection back, and the client does not wait for it', async () => {
    const before = upstream().connections;
    for (let i = 0; i < 5; i++) {
      const gate = createGate();
      upstream().reply(late(gate));
      const response = await ask(model);
      expect(chunksOf(await response.text()).length).toBeGreaterThan(1);
      gate.open();
      await upstream().waitFor(({ open }) => open === 0, 'the end of the body');
    }
    expect(upstream().connections - before).toBeLessThanOrEqual(1);
  });

  test('whose body never ends is cut off after a while', async () => {
    upstream().reply(late(createGate()));
    await (await ask(model)).text();
    const chat = upstream().chats.at(-1);
    await chat?.aborted;
    expect(chat?.closedEarly).toBe(true);
  });
});

test('what rides on the last chunk reaches a client that did not ask for the usage', async () => {
  const script = say('One two');
  gateway.upstreams.llamacpp?.reply(script, script);
  const plain = chunksOf(await (await ask('llamacpp')).text());
  const timings = { predicted_n: expect.any(Number) };
  expect(plain.at(-1)).toMatchObject({ timings, choices: [{ finish_reason: 'stop' }] });
  expect(plain.some((chunk) => chunk.usage)).toBe(false);
  const asked = chunksOf(await (await ask('llamacpp', { stream_options: { include_usage: true } })).text());
  expect(asked.at(-1)).toMatchObject({ timings, choices: [], usage: { prompt_tokens: 9 } });
});
