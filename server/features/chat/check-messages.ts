import type { ChatMessage, Content, ContentPart } from '../../../contracts/chat/message.ts';
import type { Modality } from '../../../contracts/models/model.ts';
import { AppError } from '../../errors/app-error.ts';
import { throwFault } from '../access/check-fields.ts';
import type { Sender } from '../access/content-check.ts';
import type { CatalogModel } from '../models/catalog.ts';
import { message as checkShape } from './known-content.ts';

function modalityOf(part: ContentPart): Modality {
  if (part.type === 'image_url' || part.type === 'input_image') return 'image';
  if (part.type === 'input_audio' || part.type === 'audio_url') return 'audio';
  return part.type === 'video_url' || part.type === 'input_video' ? 'video' : 'text';
}

function refuseModality({ alias, input }: CatalogModel, modality: Modality, param: string): void {
  if (input.includes(modality)) return;
  throw new AppError('modality_not_supported', `The model '${alias}' does not accept ${modality} input.`, { param });
}

/** Refuses parts that the model does not take; `at` is the place of the content. */
export function checkModalities(model: CatalogModel, content: Content | null | undefined, at: string): void {
  if (!Array.isArray(content)) return;
  for (const [i, part] of content.entries()) {
    if (part.type !== 'text') refuseModality(model, modalityOf(part), `${at}[${i}]`);
  }
}

/** Most messages have only a role and a text, so there is nothing to check. */
const isPlain = (message: ChatMessage): boolean =>
  typeof message.content === 'string' && Object.keys(message).length === 2;

/**
 * Refuses messages that hold what is not known, or an address, and what the model does not take. Without a sender they
 * were checked in another dialect.
 */
export function checkMessages(model: CatalogModel, messages: readonly ChatMessage[], sender: Sender | null): void {
  for (const [i, message] of messages.entries()) {
    if (isPlain(message)) continue;
    const fault = sender && checkShape(message, sender);
    if (fault) throwFault(fault, `messages[${i}]`);
    const { content, images } = message;
    if (Array.isArray(content)) checkModalities(model, content, `messages[${i}].content`);
    if (Array.isArray(images) && images.length > 0) refuseModality(model, 'image', `messages[${i}].images[0]`);
  }
}
