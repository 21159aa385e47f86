import { z } from 'zod';
import { keptText } from '../chat/message.ts';
import { listOf } from '../schemas/list-of.ts';
import { origin } from '../schemas/origin.ts';

/** `POST /api/client-tokens`. The server of a front end sends it with its key. A token cannot be changed later. */
export const CreateClientTokenRequest = z
  .strictObject({
    user_id: keptText()
      .min(1)
      .max(256)
      .describe("The end user: the token reaches this user's conversations, and no others."),
    models: listOf(z.string().min(1))
      .min(1)
      .max(50)
      .nullish()
      .describe('Aliases, within those of the key; null: all of these.'),
    origins: listOf(origin())
      .min(1)
      .max(20)
      .nullish()
      .describe(
        "The web origins whose pages may use the token. Each is one of the key's `cors_origins` or, where it has none, of " +
          '`CORS_ORIGINS`. Null: all of these.',
      ),
    budget_usd: z
      .number()
      .positive()
      .max(1_000_000)
      .nullish()
      .describe('The most that all requests with the token can cost together; null: only the limits of the key apply.'),
    minutes: z.int().min(1).max(60).nullish().describe('How long the token is valid. Default 15.'),
  })
  .meta({ id: 'CreateClientTokenRequest' });
export type CreateClientTokenRequest = z.infer<typeof CreateClientTokenRequest>;

/** The one answer that has the token. The gateway does not keep it. */
export const ClientToken = z
  .object({
    token: z
      .string()
      .describe(
        'Send it like a key. It is valid until it expires, or until its key is revoked, disabled or rotated, or expires.',
      ),
    id: z.string(),
    user_id: z.string(),
    models: listOf(z.string()).nullable(),
    origins: listOf(z.string()).nullable(),
    budget_usd: z.number().nullable(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'ClientToken' });
export type ClientToken = z.infer<typeof ClientToken>;
