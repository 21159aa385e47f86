import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import { type AccountsGateway, CHAT, startAccounts } from '../support/start-accounts.ts';
import { continueText } from '../support/upstream/endpoints.ts';
import { say } from '../support/upstream/scripts/answers.ts';

let gateway: AccountsGateway;
beforeAll(async () => {
  gateway = await startAccounts({ RESERVE_TOKENS: '50', RATE_LIMIT_PER_SECOND: '0' });
});
afterAll(() => gateway.close());

const hi = [{ role: 'user', content: 'Hi' }];
/** Each token of an answer costs 30 micro-USD on all of these. */
const surfaces = [
  ['a chat', CHAT, { model: 'dear', messages: hi, max_tokens: 32_000 }],
  ['a turn', '/c1/chat', { model: 'dear', message: 'Hi', max_tokens: 32_000 }],
  ['a message', '/v1/messages', { model: 'dear', messages: hi, max_tokens: 32_000 }],
  ['a response', '/v1/responses', { model: 'dear', input: 'Hi', max_output_tokens: 32_000 }],
  ['a legacy completion', '/v1/completions', { model: 'texter', prompt: 'Hi', max_tokens: 32_000 }],
] as const;

function script(path: string, tokens: readonly string[]): void {
  if (path === '/v1/completions') gateway.upstream.at('/v1/completions', continueText(tokens));
  else gateway.upstream.reply(say(tokens, { tellUsage: 'always' }));
}

const micro = (usd: number) => Math.round(usd * 1e6);

async function settled(key: CreatedKey): Promise<{ balance: number; cost: number }> {
  await expect.poll(async () => (await gateway.walletOf(key)).held_usd).toBe(0);
  const { items } = await (await gateway.call('GET', `/api/usage/requests?key_id=${key.id}`)).json();
  expect(items).toHaveLength(1);
  return { balance: micro((await gateway.walletOf(key)).balance_usd), cost: micro(items[0].cost_usd) };
}

describe.each(surfaces)('the stream of %s', (_, path, body) => {
  const words = Array.from({ length: 1_500 }, () => ' word');

  test('goes on for as long as the wallet covers it, far beyond the first tranche', async () => {
    const key = await gateway.createKey({ credit_usd: 1 });
    script(path, words);
    const response = await gateway.as(key)('POST', path, { ...body, stream: true });
    expect(await response.text()).not.toContain('insufficient_balance');
    const { balance, cost } = await settled(key);
    expect(cost).toBeGreaterThan(1_500 * 30);
    expect(balance).toBe(1_000_000 - cost);
  });

  test('ends with insufficient_balance where the wallet does, which is not overdrawn', async () => {
    const key = await gateway.createKey({ credit_usd: 0.02 });
    script(path, words);
    const response = await gateway.as(key)('POST', path, { ...body, stream: true });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('insufficient_balance');
    const { balance, cost } = await settled(key);
    expect(balance).toBe(20_000 - cost);
    expect(balance).toBeGreaterThanOrEqual(0);
    // More than the first tranche came.
    expect(cost).toBeGreaterThan(50 * 30);
  });
});
