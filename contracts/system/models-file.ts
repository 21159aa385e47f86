import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';
import { ReloadReport } from './reload.ts';

const text = z
  .string()
  .max(1_000_000)
  .refine((value) => !value.includes('\u0000'), 'must not contain NUL characters')
  .describe('The whole file, in YAML.');

const version = z.string().min(1).max(100).describe('A hash of the text: it says whether the file has changed.');

/** `GET /api/models-file` */
export const ModelsFileText = z
  .object({
    name: z.string().describe('Of the file, without its folder.'),
    text: z.string(),
    version,
    editable: z.boolean().describe('Whether `POST /api/models-file` is allowed to replace it.'),
    why_not: z
      .enum(['built_in', 'switched_off', 'remote', 'read_only'])
      .nullable()
      .describe(
        'Why not: the gateway has no models file of its own; `CONSOLE_EDITS_MODELS` is off; it is `auto` and other machines ' +
          'can reach the gateway; the gateway may not write the file.',
      ),
  })
  .meta({ id: 'ModelsFileText' });
export type ModelsFileText = z.infer<typeof ModelsFileText>;

/** `POST /api/models-file/check` */
export const CheckModelsFileRequest = z.object({ text }).meta({ id: 'CheckModelsFileRequest' });
export type CheckModelsFileRequest = z.infer<typeof CheckModelsFileRequest>;

export const ModelsFileFault = z
  .object({
    line: z.int().nullable().describe('From 1; null: the fault is not in one line.'),
    field: z.string().nullable().describe('Such as `models.0.alias`.'),
    message: z.string(),
  })
  .meta({ id: 'ModelsFileFault' });
export type ModelsFileFault = z.infer<typeof ModelsFileFault>;

export const CheckedModelsFile = z
  .object({
    faults: listOf(ModelsFileFault),
    report: ReloadReport.nullable().describe('What it would change; null: it has faults.'),
  })
  .meta({ id: 'CheckedModelsFile' });
export type CheckedModelsFile = z.infer<typeof CheckedModelsFile>;

/** `POST /api/models-file` */
export const WriteModelsFileRequest = z
  .object({ text, version: version.describe('Of the text that was edited; another one is in the file: 409.') })
  .meta({ id: 'WriteModelsFileRequest' });
export type WriteModelsFileRequest = z.infer<typeof WriteModelsFileRequest>;

export const WrittenModelsFile = z.object({ version, report: ReloadReport }).meta({ id: 'WrittenModelsFile' });
export type WrittenModelsFile = z.infer<typeof WrittenModelsFile>;
