import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';

/** `GET /healthz`: the process answers. */
export const Health = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });
export type Health = z.infer<typeof Health>;

export const BackendHealth = z
  .object({
    provider: z.string(),
    kind: z.string(),
    status: z.enum(['up', 'loading', 'down']).describe('`loading`: the server is up and loads its model.'),
    latency_ms: z.number().nullable(),
    detail: z.string().optional(),
  })
  .meta({ id: 'BackendHealth' });
export type BackendHealth = z.infer<typeof BackendHealth>;

export const RouteState = z.enum(['closed', 'open', 'half_open', 'cooling', 'loading', 'busy']).meta({
  id: 'RouteState',
  description:
    'Whether a backend gets requests. `closed`: it does. `open`: it failed several times in a row and gets none for a while. `half_open`: one request is trying it again. `cooling`: it answered 429 and said when to come back. `loading`: it loads its model. `busy`: its queue is full.',
  examples: ['closed'],
});
export type RouteState = z.infer<typeof RouteState>;

/** The health of one backend, measured from the requests sent to it. */
export const Route = z
  .object({
    backend: z.string().describe('`<provider>/<model>`, as in `x-gateway-backend`.'),
    state: RouteState,
    in_flight: z.int().describe('Requests that it answers now.'),
    latency_ms: z.number().nullable().describe('Until its answers began, on average.'),
  })
  .meta({ id: 'Route' });
export type Route = z.infer<typeof Route>;

/** `GET /readyz`: whether requests can be served, with the state of each backend. 503 when not ready. */
export const Readiness = z
  .object({
    status: z.enum(['ready', 'degraded', 'unavailable']),
    demo: z.boolean(),
    notice: z.string().optional(),
    database: z
      .object({
        status: z.enum(['up', 'down']),
        latency_ms: z.number().nullable(),
        detail: z.string().optional().describe('Why it is down, such as a disk that is full or has too little room.'),
      })
      .describe('Whether it can be read and written.'),
    models_file: z
      .object({
        status: z
          .enum(['loaded', 'rejected'])
          .describe('`rejected`: the newest file has a fault, so an older one is in effect.'),
        loaded_at: z.iso.datetime().describe('When the current models file was read.'),
        detail: z.string().optional().describe('The fault, with its line.'),
      })
      .describe('The models file and the key files that it names.'),
    backends: listOf(BackendHealth).describe('What a probe of each provider says; probes spend no tokens.'),
    routes: listOf(Route).describe('The circuit of each backend.'),
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof Readiness>;
