import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';

const Names = z
  .object({ added: listOf(z.string()), removed: listOf(z.string()), changed: listOf(z.string()) })
  .meta({ id: 'ChangedNames' });

/** `POST /api/reload`: what is different from the models file before. */
export const ReloadReport = z
  .object({
    changed: z
      .boolean()
      .describe('False: the models file, and the key files that it names, say what they said before.'),
    models: Names.describe('Aliases.'),
    providers: Names.describe('`changed` counts a new key too. The others keep their connections and circuits.'),
    groups: z.boolean().describe('Whether `groups` has changed.'),
    model_map: z.boolean().describe('Whether `model_map` has changed.'),
    summaries: z.boolean().describe('Whether `summaries` has changed.'),
    titles: z.boolean().describe('Whether `titles` has changed.'),
  })
  .meta({ id: 'ReloadReport' });
export type ReloadReport = z.infer<typeof ReloadReport>;
