import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';

/** `GET /api/tools`: agents, editors and libraries, and what must be set for each to use this gateway. */
export const ToolList = z
  .object({
    items: listOf(
      z.object({
        name: z.string().describe('As in `duplex connect <name>`.'),
        title: z.string(),
        guide: z.string().describe('The page below `/docs` that explains it.'),
        steps: listOf(
          z.object({
            say: z.string().describe('Where the text belongs.'),
            language: z.string(),
            code: z.string().describe('With `{{url}}`, `{{key}}`, `{{model}}` and `{{window}}` to fill in.'),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'ToolList' });
export type ToolList = z.infer<typeof ToolList>;
