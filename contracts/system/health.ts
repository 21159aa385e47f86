import { z } from 'zod';

/** `GET /healthz`: the process answers. */
export const Health = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });
export type Health = z.infer<typeof Health>;

export const BackendHealth = z
  .object({
    provider: z.string(),
    kind: z.string(),
    status: z.enum(['up', 'down']),
    latency_ms: z.number().nullable(),
    detail: z.string().optional(),
  })
  .meta({ id: 'BackendHealth' });
export type BackendHealth = z.infer<typeof BackendHealth>;

/** `GET /readyz`: whether requests can be served, with the state of each backend. 503 when not ready. */
export const Readiness = z
  .object({
    status: z.enum(['ready', 'degraded', 'unavailable']),
    demo: z.boolean(),
    notice: z.string().optional(),
    database: z.object({ status: z.enum(['up', 'down']), latency_ms: z.number().nullable() }),
    backends: z.array(BackendHealth),
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof Readiness>;
