import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';

/** The claims of a client token. Their names are short, because every request carries them. */
export const TokenClaims = z.strictObject({
  /** Its id. */
  i: z.string().min(1),
  /** The id of its key. */
  k: z.string().min(1),
  /** The end user. */
  u: z.string().min(1),
  /** When it expires, in ms since 1970. */
  e: z.int(),
  /** The aliases that it may use, within those of its key. Absent: all aliases of the key. */
  m: listOf(z.string()).optional(),
  /** The web origins whose pages may use it. Absent: all origins of the key. */
  o: listOf(z.string()).optional(),
  /** Its budget in micro-USD. */
  b: z.int().optional(),
});
export type TokenClaims = z.infer<typeof TokenClaims>;
