import type { ChatMessage } from '../../../contracts/chat/message.ts';
import { type LeftOut, leaveOutMedia, type Media } from '../chat/leave-out-media.ts';
import type { Adaptation } from '../chat/plan-chat.ts';
import type { Backend, CatalogModel } from '../models/catalog.ts';
import type { TurnPrompt } from './turn-prompt.ts';
import { isLongPrompt } from './write-prompt.ts';

/** How a message that is not text alone says so, in the text of a prompt: `"image_url"`, `"input_audio"`, `"type":"file"`. */
const MARKS = ['_url"', '"input_audio"', '"input_video"', '"type":"file"'] as const;

const mayHoldMedia = (prompt: string): boolean => MARKS.some((mark) => prompt.includes(mark));

/** A model that takes pictures takes files, whose pages are shown to it as such. */
const takes = (input: CatalogModel['input'], media: Media): boolean =>
  input.includes(media === 'file' ? 'image' : media);

/** The media of earlier turns that a model does not take. The last `own` messages are the client's new ones, which were checked. */
export const leaveOutUnseen = (
  { input }: Pick<CatalogModel, 'input'>,
  messages: readonly ChatMessage[],
  own: number,
): LeftOut | null =>
  leaveOutMedia(messages, (media, { index }) => !takes(input, media) && index < messages.length - own);

/** Pictures in answers, for a backend whose dialect does not support them. */
const leaveOutShown = (messages: readonly ChatMessage[]): LeftOut | null =>
  leaveOutMedia(messages, (_media, { message }) => message.role === 'assistant');

/** The parts of another model's history that a backend does not support. */
export function adaptHistory(
  model: Pick<CatalogModel, 'input'>,
  { provider }: Backend,
  prompt: TurnPrompt,
  messages: () => readonly ChatMessage[],
): Adaptation {
  const { applied } = prompt;
  // A long prompt is parsed already: to look at its messages takes less time than to search its text.
  if (!isLongPrompt(prompt) && !prompt.texts.some(mayHoldMedia)) return { changes: {}, applied };
  const unseen = leaveOutUnseen(model, messages(), prompt.own);
  const shown = provider.textAnswers ? leaveOutShown(unseen?.messages ?? messages()) : null;
  const left = shown ?? unseen;
  if (!left) return { changes: {}, applied };
  const told = new Set([...applied, ...(unseen?.applied ?? []), ...(shown?.applied ?? [])]);
  return { changes: { messages: left.messages }, applied: [...told] };
}
