import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';
import { RouteState } from './health.ts';

/** What one test of a backend sends at most. */
export const BackendTestCost = z
  .object({
    requests: z.int(),
    prompt_tokens: z.int().describe('Of all its requests together, at most.'),
    completion_tokens: z.int().describe('Of all its requests together, at most.'),
    cost_usd: z.number().nullable().describe('At most, by the price in the models file; null: it has no price.'),
  })
  .meta({ id: 'BackendTestCost' });
export type BackendTestCost = z.infer<typeof BackendTestCost>;

export const BackendOutcome = z
  .object({
    request_id: z.string(),
    at: z.iso.datetime(),
    outcome: z.string().describe('`ok` when an answer began, otherwise the code of the error.'),
    ms: z.int().describe('Until its answer began, or until it failed.'),
  })
  .meta({ id: 'BackendOutcome' });
export type BackendOutcome = z.infer<typeof BackendOutcome>;

export const BackendItem = z
  .object({
    backend: z.string().describe('`<provider>/<model>`.'),
    provider: z.string(),
    kind: z.string().describe("The provider's kind."),
    model: z.string().describe("The upstream's own name of it."),
    aliases: listOf(z.string()).describe('The models that it serves.'),
    state: RouteState,
    in_flight: z.int(),
    latency_ms: z.number().nullable().describe('Until an answer begins, on average; null: unknown.'),
    outcomes: listOf(BackendOutcome).describe('Of its last requests, newest first; 20 at most.'),
    test: BackendTestCost.nullable().describe('What `POST /api/backends/test` sends; null: it does not chat.'),
  })
  .meta({ id: 'BackendItem' });
export type BackendItem = z.infer<typeof BackendItem>;

/** `GET /api/backends` */
export const BackendList = z.object({ items: listOf(BackendItem) }).meta({ id: 'BackendList' });
export type BackendList = z.infer<typeof BackendList>;

/** `POST /api/backends/test` */
export const TestBackendRequest = z
  .object({ backend: z.string().min(1).max(1_000).describe('`<provider>/<model>`, as in `GET /api/backends`.') })
  .meta({ id: 'TestBackendRequest' });
export type TestBackendRequest = z.infer<typeof TestBackendRequest>;

export const BackendReport = z
  .object({
    backend: z.string(),
    ok: z.boolean().describe('No check found a problem.'),
    checks: listOf(
      z.object({
        check: z.enum(['stream', 'tools']).describe('A streamed chat, or a chat that calls a tool.'),
        level: z.enum(['ok', 'warning', 'problem']),
        what: z.string().describe('What happened.'),
        advice: z.string().nullable().describe('What to do about it.'),
        ms: z.int().describe('How long it took.'),
      }),
    ),
  })
  .meta({ id: 'BackendReport' });
export type BackendReport = z.infer<typeof BackendReport>;
