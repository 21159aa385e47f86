import { z } from 'zod';
import { Wallet } from '../wallets/wallet.ts';
import { ApiKey } from './key.ts';

/** `GET /api/keys/me`: the fields of a key that its holder may read. */
export const OwnKey = ApiKey.extend({
  wallet: Wallet.describe('The wallet that pays for the requests of this key.'),
  spent_today_usd: z.number().describe('What this key spent since midnight UTC.'),
  spent_this_month_usd: z.number().describe('What this key spent since the first of the month, UTC.'),
}).meta({ id: 'OwnKey' });
export type OwnKey = z.infer<typeof OwnKey>;
