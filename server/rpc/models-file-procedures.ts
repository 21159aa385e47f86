import {
  CheckedModelsFile,
  CheckModelsFileRequest,
  ModelsFileText,
  WriteModelsFileRequest,
  WrittenModelsFile,
} from '../../contracts/system/models-file.ts';
import { ReloadReport } from '../../contracts/system/reload.ts';
import {
  checkModelsText,
  type ModelsEditor,
  readModelsText,
  writeModelsText,
} from '../features/system/edit-models-file.ts';
import { type ModelsSource, reloadModels } from '../features/system/reload-models.ts';
import type { Store } from '../store/interface/store.ts';
import { describeAccounts } from './describe-accounts.ts';
import { describeOperator } from './describe-operator.ts';
import { answers } from './output.ts';
import { procedure } from './trpc.ts';

/** `api.modelsFile` */
export const modelsFileProcedures = (editor: ModelsEditor, { audit }: Pick<Store, 'audit'>) => ({
  read: procedure
    .meta(describeOperator('GET', '/api/models-file', 'Read the models file', { errors: [403, 422] }))
    .output(answers(ModelsFileText))
    .query(({ ctx }) => readModelsText(editor, ctx.caller.principal)),
  check: procedure
    .meta(
      describeOperator('POST', '/api/models-file/check', 'Check a text for the models file', { errors: [400, 403] }),
    )
    .input(CheckModelsFileRequest)
    .output(answers(CheckedModelsFile))
    .mutation(({ ctx, input }) => checkModelsText(editor, input, ctx.caller.principal)),
  write: procedure
    .meta(
      describeOperator('POST', '/api/models-file', 'Replace the models file, and put it into effect', {
        description: 'The text is checked first. It is kept as it is, with its comments.',
        errors: [400, 403, 409, 422, 503],
      }),
    )
    .input(WriteModelsFileRequest)
    .output(answers(WrittenModelsFile))
    .mutation(({ ctx, input }) => writeModelsText({ editor, audit }, input, ctx.caller.principal)),
});

/** `api.reload`, for the administrator only. */
export const reloadProcedure = (source: Pick<ModelsSource, 'reload'>, { audit }: Pick<Store, 'audit'>) =>
  procedure
    .meta(
      describeAccounts('POST', '/api/reload', 'Put the models file into effect', {
        description:
          'Reads the models file and the key files that it names again. Requests under way keep the models that they began with.',
        errors: [403, 422, 503],
      }),
    )
    .output(answers(ReloadReport))
    .mutation(({ ctx }) => reloadModels(source, audit, ctx.caller.principal));
