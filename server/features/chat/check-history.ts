import { AppError } from '../../errors/app-error.ts';
import type { Fault, Sender } from '../access/content-check.ts';
import { message as checkShape } from './known-content.ts';

/** Parts and calls have types. A message without one is words alone, in which this stands with backslashes. */
const TYPED = '"type":';

function refuse(fault: Fault | null, param: string): void {
  if (!fault) return;
  const where = fault.path.slice(0, 200);
  const message = `A stored message holds what a key cannot send (at '${where}'). ${fault.message} Start a new conversation, or delete the message.`;
  throw new AppError(fault.code, message, { param });
}

/**
 * Checks stored messages once more before they are sent for a key: they may have been stored by the administrator, or
 * before the rules were what they are now.
 */
export function checkHistory(history: readonly { readonly prompt: string }[], sender: Sender, param: string): void {
  if (!sender.isKey) return;
  for (const { prompt } of history) {
    if (prompt.includes(TYPED)) refuse(checkShape(JSON.parse(prompt), sender), param);
  }
}
