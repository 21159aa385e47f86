import { z } from 'zod';
import { Wallet } from '../wallets/wallet.ts';
import { ApiKey } from './key.ts';

/** `GET /api/self`: who the key of this request is. */
export const Self = z
  .object({
    role: z.enum(['admin', 'key']),
    key: ApiKey.nullable().describe('Its limits; null: the administrator.'),
    wallet: Wallet.nullable().describe("The wallet of the key's owner; null: the administrator, who pays nothing."),
    reads_conversations: z
      .boolean()
      .describe(
        'Whether it may read the conversations of every owner: the administrator, where `ADMIN_READS_CONVERSATIONS` is on.',
      ),
    spent: z
      .object({ today_usd: z.number(), month_usd: z.number() })
      .nullable()
      .describe('By this key, by the day and the month of UTC; null: the administrator.'),
  })
  .meta({ id: 'Self' });
export type Self = z.infer<typeof Self>;
