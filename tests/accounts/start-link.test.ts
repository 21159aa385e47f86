import { afterEach, expect, test } from 'vitest';
import { StartCode } from '../../server/features/access/start-code.ts';
import { errorOf } from '../support/error-of.ts';
import { bearer, type Gateway, startGateway } from '../support/start-gateway.ts';

let gateway: Gateway;
afterEach(() => gateway.close());

const exchange = (code?: string) =>
  fetch(`${gateway.url}/api/start${code === undefined ? '' : `?code=${encodeURIComponent(code)}`}`);

test('the code of the start link is exchanged for the bearer once, and another code never', async () => {
  const startCode = new StartCode(bearer);
  gateway = await startGateway({ startCode });
  for (const code of ['', 'wrong', `${startCode.code}x`]) expect((await exchange(code)).status).toBe(401);
  const first = await exchange(startCode.code);
  expect(first.status).toBe(200);
  expect(await first.json()).toEqual({ key: bearer });
  const second = await exchange(startCode.code);
  expect(second.status).toBe(401);
  expect(await errorOf(second)).toMatchObject({ code: 'invalid_authorization', param: 'code' });
});

test('a gateway that printed no link exchanges nothing', async () => {
  gateway = await startGateway();
  for (const code of ['', 'anything']) expect((await exchange(code)).status).toBe(401);
});
