import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { asked, connectClient } from './support.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({ fields: 'constraints: { min_max_tokens: 50 }' });
});
afterAll(() => gateway.close());

async function collect<Event>(stream: AsyncIterable<Event>): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

test('the first event of every stream tells who answered and what was changed, and usage knows the request', async () => {
  const { client } = connectClient(gateway);
  const messages = asked.messages;
  const streams = [
    await collect(client.streamChat({ ...asked, max_tokens: 5 })),
    await collect(client.streamTurn({ model: 'scripted', message: 'Hi', max_tokens: 5 })),
    await collect(client.streamResponse({ model: 'scripted', input: 'Hi', max_output_tokens: 20, store: false })),
    await collect(client.streamMessage({ model: 'scripted', messages, max_tokens: 5 })),
  ];
  for (const [first, ...rest] of streams) {
    expect(first?.gateway).toEqual({
      request_id: expect.any(String),
      backend: 'up/test-model',
      attempts: 1,
      applied: expect.stringContaining('=50'),
    });
    expect(rest.filter(({ gateway: again }) => again !== undefined)).toEqual([]);
    const { items } = await client.api.usage.list.query({ request_id: first?.gateway?.request_id });
    expect(items).toMatchObject([{ model: 'scripted', provider: 'up', outcome: 'ok' }]);
  }
  await client.close();
});
