import { z } from 'zod';

/** `GET /api/start` */
export const StartRequest = z
  .object({ code: z.string().max(200).optional().describe('Of the link that the start printed.') })
  .meta({ id: 'StartRequest' });
export type StartRequest = z.infer<typeof StartRequest>;

export const Started = z
  .object({
    key: z
      .string()
      .nullable()
      .describe(
        "With a code: the administrator's bearer. Without one: a key for the demo, which only a browser on the gateway's own machine gets while the gateway is in demo mode; null for everybody else.",
      ),
  })
  .meta({ id: 'Started' });
export type Started = z.infer<typeof Started>;
