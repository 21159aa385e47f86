import type { ChatMessage } from '../../../contracts/chat/message.ts';
import { leaveOutMedia, type Media } from '../chat/leave-out-media.ts';
import type { Adaptation } from '../chat/plan-chat.ts';
import type { Backend, CatalogModel } from '../models/catalog.ts';
import type { TurnPrompt } from './turn-prompt.ts';

/** How a message that is not text alone says so, in the text of a prompt: `"image_url"`, `"input_audio"`, `"type":"file"`. */
const MARKS = ['_url"', '"input_audio"', '"input_video"', '"type":"file"'] as const;

const mayHoldMedia = (prompt: string): boolean => MARKS.some((mark) => prompt.includes(mark));

/** A model that takes pictures takes files, whose pages are shown to it as such. */
const takes = ({ input }: CatalogModel, media: Media): boolean => input.includes(media === 'file' ? 'image' : media);

/**
 * What a backend cannot be shown of a history that another model had: media that this model does not take, and pictures in
 * answers where the dialect has no place for them. The last message is the client's own, which was checked.
 */
export function adaptHistory(
  { model }: { readonly model: CatalogModel },
  { provider }: Backend,
  prompt: TurnPrompt,
  messages: () => readonly ChatMessage[],
): Adaptation {
  const { applied } = prompt;
  if (!mayHoldMedia(prompt.text)) return { changes: {}, applied };
  const all = messages();
  const left = leaveOutMedia(all, (media, { message, index }) => {
    if (message.role === 'assistant' && provider.textAnswers) return true;
    return !takes(model, media) && index < all.length - 1;
  });
  return left
    ? { changes: { messages: left.messages }, applied: [...applied, ...left.applied] }
    : { changes: {}, applied };
}
