import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';
import { recordOf } from '../schemas/record-of.ts';

const LogLevel = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']);
export type LogLevel = z.infer<typeof LogLevel>;

/** `GET /api/logs`: the newest lines that the gateway has in memory. */
export const ListLogsRequest = z
  .object({
    level: LogLevel.optional().describe('The least severe lines. Default: all. `LOG_LEVEL` says which are written.'),
    after: z.int().min(0).optional().describe('Only lines that are newer than the one with this `id`.'),
    limit: z.int().min(1).max(1_000).optional().describe('How many lines at most: the newest. Default 100.'),
  })
  .meta({ id: 'ListLogsRequest' });
export type ListLogsRequest = z.infer<typeof ListLogsRequest>;

export const LogList = z
  .object({
    items: listOf(
      z.object({
        id: z.int().describe('Rises from line to line, also over a restart.'),
        line: recordOf(z.string(), z.unknown()).describe('As the log has it in JSON.'),
      }),
    ).describe('Oldest first. The gateway keeps the last 2,000 lines, and at most 4 MB of them, until it stops.'),
  })
  .meta({ id: 'LogList' });
export type LogList = z.infer<typeof LogList>;
