import { z } from 'zod';
import { Page } from '../keys/key.ts';
import { listOf } from '../schemas/list-of.ts';

export const Wallet = z
  .object({
    owner: z.string(),
    balance_usd: z.number().describe('The sum of the ledger.'),
    held_usd: z.number().describe('The most that running requests can cost. This money is reserved.'),
  })
  .meta({ id: 'Wallet' });
export type Wallet = z.infer<typeof Wallet>;

export const WalletRef = z.object({ owner: z.string().min(1).max(200) }).meta({ id: 'WalletRef' });
export type WalletRef = z.infer<typeof WalletRef>;

/** `GET /api/wallets` */
export const ListWalletsRequest = z.object(Page).meta({ id: 'ListWalletsRequest' });
export type ListWalletsRequest = z.infer<typeof ListWalletsRequest>;

export const WalletList = z.object({ items: listOf(Wallet) }).meta({ id: 'WalletList' });
export type WalletList = z.infer<typeof WalletList>;

/** `POST /api/wallets/{owner}/entries`: a top-up, or a correction when the amount is negative. */
export const PostEntryRequest = WalletRef.extend({
  amount_usd: z
    .number()
    .min(-1_000_000_000)
    .max(1_000_000_000)
    .refine((amount) => Math.round(amount * 1_000_000) !== 0, 'must be a micro-USD at least')
    .describe('With up to six decimal places. A negative amount reduces the balance, but not reserved money.'),
  reason: z.string().min(1).max(500),
}).meta({ id: 'PostEntryRequest' });
export type PostEntryRequest = z.infer<typeof PostEntryRequest>;

/** `GET /api/wallets/{owner}/entries`: newest first. */
export const ListEntriesRequest = WalletRef.extend(Page).meta({ id: 'ListEntriesRequest' });
export type ListEntriesRequest = z.infer<typeof ListEntriesRequest>;

export const LedgerEntry = z
  .object({
    id: z.int(),
    at: z.iso.datetime(),
    kind: z.enum(['top_up', 'correction', 'charge']),
    amount_usd: z.number().describe('What was spent is negative.'),
    author: z.string(),
    reason: z.string(),
    key_id: z.string().nullable(),
    request_id: z.string().nullable(),
  })
  .meta({ id: 'LedgerEntry' });
export type LedgerEntry = z.infer<typeof LedgerEntry>;

export const LedgerEntryList = z.object({ items: listOf(LedgerEntry) }).meta({ id: 'LedgerEntryList' });
export type LedgerEntryList = z.infer<typeof LedgerEntryList>;
