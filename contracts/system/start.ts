import { z } from 'zod';

/** `GET /api/start` */
export const StartRequest = z
  .object({ code: z.string().max(200).optional().describe('Of the link that the start printed.') })
  .meta({ id: 'StartRequest' });
export type StartRequest = z.infer<typeof StartRequest>;

export const Started = z
  .object({ key: z.string().nullable().describe("The administrator's bearer; null: no code was given.") })
  .meta({ id: 'Started' });
export type Started = z.infer<typeof Started>;
