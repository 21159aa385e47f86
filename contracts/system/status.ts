import { z } from 'zod';

/** `GET /api/status`: in the form of the new-api family, for the tools and pages that read it there. */
export const GatewayStatus = z
  .object({
    success: z.literal(true),
    message: z.string(),
    data: z.object({
      version: z.string(),
      system_name: z.string(),
      start_time: z.int().describe('Unix time, in seconds.'),
      uptime_seconds: z.int(),
    }),
  })
  .meta({ id: 'GatewayStatus' });
export type GatewayStatus = z.infer<typeof GatewayStatus>;
