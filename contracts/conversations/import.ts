import { z } from 'zod';
import { keptText } from '../chat/message.ts';
import { listOf } from '../schemas/list-of.ts';

/** The query of `POST /c1/conversations/import`; the body is the file. */
export const ImportRequest = z
  .object({
    user_id: keptText()
      .pipe(z.string().min(1).max(256))
      .optional()
      .describe(
        'The end user of the imported conversations. Absent: the end users in the file, when it is an export of Duplex.',
      ),
  })
  .meta({ id: 'ImportRequest' });
export type ImportRequest = z.infer<typeof ImportRequest>;

const counts = { bytes: z.int(), imported: z.int(), already_here: z.int(), failed: z.int() };

/** Sent while the file is read, where a stream of events was asked for. */
export const ImportProgress = z
  .object({ object: z.literal('conversation.import.progress'), ...counts })
  .meta({ id: 'ImportProgress' });
export type ImportProgress = z.infer<typeof ImportProgress>;

export const ImportProblem = z
  .object({
    position: z.int().describe('Of the conversation in the file, from 1.'),
    title: z.string().nullable(),
    message: z.string().describe('What could not be read, and why.'),
  })
  .meta({ id: 'ImportProblem' });
export type ImportProblem = z.infer<typeof ImportProblem>;

export const ImportReport = z
  .object({
    object: z.literal('conversation.import'),
    ...counts,
    messages: z.int(),
    left_out: z.int(),
    problems: listOf(ImportProblem).describe('The first hundred.'),
    problem_count: z.int(),
  })
  .meta({ id: 'ImportReport' });
export type ImportReport = z.infer<typeof ImportReport>;
