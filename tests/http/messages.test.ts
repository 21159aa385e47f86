import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { callTools, say, think } from '../support/upstream/scripts/answers.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({ kind: 'anthropic', upstream: { dialect: 'anthropic', unchecked: true } });
});
afterAll(() => gateway.close());

const ask = { model: 'scripted', max_tokens: 100, messages: [{ role: 'user', content: 'Capital of Italy?' }] };
test('x', async () => {
  gateway.upstream.reply(say('Rome.'));
  console.log(await (await gateway.call('POST', '/v1/messages?beta=true', ask)).text());
  gateway.upstream.reply(think('Well well', 'Rome.'));
  console.log(await (await gateway.call('POST', '/v1/messages?beta=true', {...ask, stream: true})).text());
  gateway.upstream.reply(callTools([{name: 'a', arguments: {x: 1}},{name: 'b', arguments: {}}]));
  console.log(await (await gateway.call('POST', '/v1/messages?beta=true', {...ask, stream: true})).text());
  console.log(await (await gateway.call('POST', '/v1/messages?beta=true', {...ask, model: 'nn'})).text());
  console.log(await (await gateway.call('GET', '/v1/messages?beta=true')).text());
  console.log(await (await gateway.call('GET', '/v1/messages/x')).text());
  console.log(await (await gateway.call('POST', '/v1/messages', '{')).text());
});
