import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';
import { origin } from '../schemas/origin.ts';

const limit = z.int().min(1).max(1_000_000_000).nullish();
const budget = z.number().min(0).max(1_000_000_000).nullish();

const fields = {
  name: z.string().min(1).max(200),
  group: z.string().nullish().describe('A group of the models file; null: every model, at its price.'),
  expires_at: z.iso.datetime().nullish().describe('Null: never.'),
  models: listOf(z.string().min(1)).max(1_000).nullish().describe('Aliases, within the group; null: all of the group.'),
  ip_ranges: listOf(z.string().min(1))
    .max(1_000)
    .nullish()
    .describe('Addresses and CIDR ranges, such as `10.0.0.0/8`; null: from anywhere.'),
  cors_origins: listOf(origin())
    .max(100)
    .nullish()
    .describe(
      'The web origins whose pages may use the key, such as `https://chat.example.com`; null: those of `CORS_ORIGINS`.',
    ),
  enabled: z.boolean().optional(),
  requests_per_minute: limit,
  tokens_per_minute: limit,
  concurrent_requests: limit.describe('Under way at the same time.'),
  daily_budget_usd: budget.describe('By the day of UTC.'),
  monthly_budget_usd: budget.describe('By the month of UTC.'),
};

/** `POST /api/keys` */
export const CreateKeyRequest = z
  .strictObject({
    ...fields,
    owner: z
      .string()
      .min(1)
      .max(200)
      .nullish()
      .describe(
        'The owner: whose wallet pays and whose conversations the key sees. Default: the key itself, by its id.',
      ),
    credit_usd: z
      .number()
      .positive()
      .max(1_000_000_000)
      .nullish()
      .describe("Put into the owner's wallet at once, as a top-up."),
  })
  .meta({ id: 'CreateKeyRequest' });
export type CreateKeyRequest = z.infer<typeof CreateKeyRequest>;

export const KeyRef = z.strictObject({ key_id: z.string().min(1) }).meta({ id: 'KeyRef' });
export type KeyRef = z.infer<typeof KeyRef>;

/** `PATCH /api/keys/{key_id}`: null clears a field, an absent one stays. */
export const UpdateKeyRequest = KeyRef.extend({ ...fields, name: fields.name.optional() }).meta({
  id: 'UpdateKeyRequest',
});
export type UpdateKeyRequest = z.infer<typeof UpdateKeyRequest>;

const limitShown = z.int().nullable();
const usd = z.number().nullable();

/** A key without its secret, which is kept nowhere. */
export const ApiKey = z
  .object({
    id: z.string(),
    prefix: z.string().describe("The secret's first characters."),
    name: z.string(),
    owner: z.string(),
    group: z.string().nullable(),
    expires_at: z.iso.datetime().nullable(),
    models: listOf(z.string()).nullable(),
    ip_ranges: listOf(z.string()).nullable(),
    cors_origins: listOf(z.string()).nullable(),
    enabled: z.boolean(),
    requests_per_minute: limitShown,
    tokens_per_minute: limitShown,
    concurrent_requests: limitShown,
    daily_budget_usd: usd,
    monthly_budget_usd: usd,
    created_at: z.iso.datetime(),
    revoked_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof ApiKey>;

/** The one answer that has the secret. */
export const CreatedKey = ApiKey.extend({ key: z.string().describe('The secret; it is shown this once.') }).meta({
  id: 'CreatedKey',
});
export type CreatedKey = z.infer<typeof CreatedKey>;

/** The fields that page through every list below `/api`. */
export const Page = {
  limit: z.int().min(1).max(1_000).optional().describe('Default 100.'),
  offset: z.int().min(0).optional().describe('Default 0.'),
};

/** `GET /api/keys`: newest first. */
export const ListKeysRequest = z.object({ ...Page, owner: z.string().optional() }).meta({ id: 'ListKeysRequest' });
export type ListKeysRequest = z.infer<typeof ListKeysRequest>;

export const KeyList = z
  .object({
    items: listOf(
      ApiKey.extend({
        last_used_at: z.iso.datetime().nullable().describe('When its last request ended; null: no row of one is kept.'),
        spent_month_usd: z.number().describe('In this month of UTC.'),
      }),
    ),
  })
  .meta({ id: 'KeyList' });
export type KeyList = z.infer<typeof KeyList>;
