import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGateway, type IssuedToken, refreshTokens } from '../../clients/typescript/src/index.ts';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import { type AccountsGateway, startAccounts } from '../support/start-accounts.ts';

let gateway: AccountsGateway;
let key: CreatedKey;
beforeAll(async () => {
  gateway = await startAccounts();
  key = await gateway.createKey({ owner: 'shop' });
});
afterAll(() => gateway.close());

/** What a front end's own server does. */
async function issue(): Promise<IssuedToken> {
  const response = await gateway.as(key)('POST', '/api/client-tokens', { user_id: 'ann' });
  expect(response.status).toBe(200);
  return response.json();
}

describe('refreshTokens', () => {
  test('asks once for all requests that wait, and not again while the token is good', async () => {
    let asked = 0;
    const client = createGateway({
      baseUrl: gateway.url,
      apiKey: refreshTokens(() => {
        asked++;
        return issue();
      }),
    });
    const lists = await Promise.all(Array.from({ length: 5 }, () => client.conversations.list.query({})));
    expect(lists.map(({ items }) => items)).toEqual(Array.from({ length: 5 }, () => []));
    let said = '';
    for await (const chunk of client.streamTurn({ model: 'free', message: 'Hi' })) {
      said += chunk.choices[0]?.delta.content ?? '';
    }
    expect(said).toBe('Hello from upstream.');
    expect((await client.conversations.list.query({})).items).toMatchObject([{ user_id: 'ann' }]);
    expect(asked).toBe(1);
    await client.close();
  });

  test('asks again when the token has expired, and when the server did not answer', async () => {
    const answers = [
      async () => ({ ...(await issue()), expires_at: new Date(Date.now() - 1).toISOString() }),
      () => Promise.reject(new Error('The server is away.')),
      issue,
    ];
    const apiKey = refreshTokens(() => answers.shift()?.() ?? Promise.reject(new Error('Asked too often.')));
    const first = await apiKey();
    await expect(apiKey()).rejects.toThrow('The server is away.');
    const second = await apiKey();
    expect(second).not.toBe(first);
    expect(await apiKey()).toBe(second);
  });
});
