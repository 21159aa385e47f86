import type { InputItem } from '../../../../contracts/responses/item.ts';
import { AppError } from '../../../errors/app-error.ts';
import type { SecretStore } from '../../../store/interface/secrets.ts';
import type { Principal } from '../../access/caller.ts';
import { summaryMessage } from '../../turns/summary-message.ts';
import { decryptSummary, isEncrypted } from './encrypt-summary.ts';

/** The name of the key that summaries are encrypted with. */
export const COMPACTION = 'compaction';

/** Whether an item is a compaction that this gateway made; one of OpenAI's own is for OpenAI alone. */
export const isCompaction = ({ type, encrypted_content: encrypted }: InputItem): boolean =>
  type === 'compaction' && typeof encrypted === 'string' && isEncrypted(encrypted);

/** A compaction as the message that the model reads in its place. Throws `invalid_field`. */
export async function readCompaction(
  secrets: SecretStore,
  { encrypted_content: encrypted }: InputItem,
  at: string,
  { owner }: Principal,
): Promise<InputItem> {
  const summary = decryptSummary(await secrets.obtain(COMPACTION), encrypted ?? '', owner);
  if (summary === null) {
    throw new AppError(
      'invalid_field',
      'The gateway cannot read this compaction. It was changed, or another gateway made it, or it belongs to another owner.',
      { param: `${at}.encrypted_content` },
    );
  }
  return { type: 'message', ...summaryMessage(summary) };
}
