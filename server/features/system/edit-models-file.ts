import type {
  CheckedModelsFile,
  CheckModelsFileRequest,
  ModelsFileText,
  WriteModelsFileRequest,
  WrittenModelsFile,
} from '../../../contracts/system/models-file.ts';
import type { AuditStore } from '../../store/interface/audit.ts';
import type { Principal } from '../access/caller.ts';
import { ensureAdmin } from '../access/ensure-admin.ts';

/** The models file as a text that is edited. */
export interface ModelsEditor {
  read(): ModelsFileText;
  /** Throws `models_file_not_editable`. */
  check(text: string): Promise<CheckedModelsFile>;
  /** Replaces the file and puts it into effect. Throws `models_file_not_editable`, `_rejected` and `_changed`. */
  write(text: string, version: string): Promise<WrittenModelsFile>;
}

/** `GET /api/models-file` */
export function readModelsText(editor: ModelsEditor, principal: Principal): ModelsFileText {
  ensureAdmin(principal);
  return editor.read();
}

/** `POST /api/models-file/check` */
export async function checkModelsText(
  editor: ModelsEditor,
  { text }: CheckModelsFileRequest,
  principal: Principal,
): Promise<CheckedModelsFile> {
  ensureAdmin(principal);
  return editor.check(text);
}

interface WriteDeps {
  readonly editor: ModelsEditor;
  readonly audit: AuditStore;
}

/** `POST /api/models-file` */
export async function writeModelsText(
  { editor, audit }: WriteDeps,
  { text, version }: WriteModelsFileRequest,
  principal: Principal,
): Promise<WrittenModelsFile> {
  const actor = ensureAdmin(principal);
  const written = await editor.write(text, version);
  const { models, providers } = written.report;
  const details = { before: version, after: written.version, models, providers };
  await audit.record({ actor, action: 'models.write', subject: 'models file', details });
  return written;
}
