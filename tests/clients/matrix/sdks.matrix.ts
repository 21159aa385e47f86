import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { faultsOf } from '../../support/openai-schema.ts';
import { payloadsOf } from '../../support/read-events.ts';
import { bearer } from '../../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../../support/start-scripted.ts';
import { aiSdk } from './ai-sdk.ts';
import { anthropicSdk } from './anthropic.ts';
import type { MatrixClient, Where } from './client.ts';
import { langChain } from './langchain.ts';
import { llamaIndex } from './llamaindex.ts';
import { loadOpenAi, openAiChat, openAiResponses } from './openai.ts';
import { agents } from './openai-agents.ts';
import { type RecordedAnswer, type Recorder, recordAnswers } from './record-answers.ts';
import { scriptedModel } from './scripted-model.ts';

const [openAi6, openAi7] = await Promise.all([loadOpenAi('openai-6'), loadOpenAi('openai-7')]);

const clients: readonly MatrixClient[] = [
  openAiChat('openai 6', openAi6),
  openAiChat('openai 7', openAi7),
  openAiResponses('openai 6', openAi6),
  openAiResponses('openai 7', openAi7),
  ...aiSdk,
  langChain(false),
  langChain(true),
  ...agents,
  anthropicSdk,
  llamaIndex,
];

let gateway: ScriptedGateway;
let recorder: Recorder;
let where: Where;
beforeAll(async () => {
  gateway = await startScripted();
  gateway.upstream.on('test-model', scriptedModel);
  recorder = await recordAnswers(gateway.url);
  where = { url: recorder.url, apiKey: bearer, model: 'scripted' };
});
afterAll(async () => {
  await recorder.close();
  await gateway.close();
});

/** OpenAI's schemas for its own surfaces: of the whole answer, and of each event. */
const schemas: Record<string, { readonly body: string; readonly event: string }> = {
  '/v1/chat/completions': { body: 'CreateChatCompletionResponse', event: 'CreateChatCompletionStreamResponse' },
  '/v1/responses': { body: 'Response', event: 'ResponseStreamEvent' },
};

/** vLLM says null where OpenAI has a list or nothing; chat completions are handed on as they came. */
const ofTheUpstream = '/choices/0/message/annotations must be array';

function faultsIn({ path, status, type, body }: RecordedAnswer): string[] {
  if (status !== 200) return [`${path} was answered ${status}: ${body.slice(0, 300)}`];
  const schema = schemas[path];
  if (!schema) return [];
  if (!type.startsWith('text/event-stream')) return faultsOf(schema.body, JSON.parse(body));
  const events = payloadsOf(body).filter((payload) => payload !== '[DONE]');
  return events.flatMap((payload) => faultsOf(schema.event, JSON.parse(payload)));
}

afterEach(() => {
  const answers = recorder.take();
  expect(answers.length).toBeGreaterThan(0);
  expect(answers.flatMap(faultsIn).filter((fault) => fault !== ofTheUpstream)).toEqual([]);
});

describe.each(clients)('$name', (client) => {
  test('plain', async () => {
    expect(await client.plain(where, 'Say hello.')).toBe('Hello from the model.');
  });
  test('stream', async () => {
    expect(await client.stream(where, 'Say hello.')).toBe('Hello from the model.');
  });
  test('tools', async () => {
    expect(await client.tools(where, 'What is the weather in Oslo?')).toBe('It is 21 degrees in Oslo.');
  });
  const { structured } = client;
  if (structured) {
    test('structured output', async () => {
      expect(await structured(where, 'Who wrote the first program?')).toEqual({ name: 'Ada', age: 36 });
    });
  }
});
