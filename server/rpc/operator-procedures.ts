import { BackendList, BackendReport, TestBackendRequest } from '../../contracts/system/backend.ts';
import {
  CheckedModelsFile,
  CheckModelsFileRequest,
  ModelsFileText,
  WriteModelsFileRequest,
  WrittenModelsFile,
} from '../../contracts/system/models-file.ts';
import {
  checkModelsText,
  type ModelsEditor,
  readModelsText,
  writeModelsText,
} from '../features/system/edit-models-file.ts';
import { type BackendDeps, listBackends, testBackend } from '../features/system/test-backend.ts';
import type { Store } from '../store/interface/store.ts';
import { describeOperations } from './describe-operations.ts';
import { answers } from './output.ts';
import { procedure } from './trpc.ts';

const describeOperator = describeOperations(
  { name: 'operator', about: "Backends and the models file, for the administrator's bearer alone." },
  () => [400, 403, 503],
);

/** `api.backends` */
export const backendProcedures = (deps: BackendDeps) => ({
  list: procedure
    .meta(
      describeOperator('GET', '/api/backends', 'List the backends with their last outcomes', { errors: [403, 503] }),
    )
    .output(answers(BackendList))
    .query(({ ctx }) => listBackends(deps, ctx.caller.principal)),
  test: procedure
    .meta(
      describeOperator('POST', '/api/backends/test', 'Have a backend answer', {
        description: 'Sends one or two small chats. `test` in `GET /api/backends` says what they cost at most.',
      }),
    )
    .input(TestBackendRequest)
    .output(answers(BackendReport))
    .mutation(({ ctx, input }) => testBackend(deps, input, ctx.caller)),
});

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
