import type { ChatMessage, ContentPart } from '../../../contracts/chat/message.ts';
import { isObject } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
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

/** The pictures that every vendor takes. */
const COMMON_PICTURE = /^data:image\/(?:png|jpe?g|gif|webp)[;,]/i;

/** Files, and pictures of rare types: some models with pictures take them, others refuse the whole request. */
function isRare(media: Media, { image_url: picture }: ContentPart): boolean {
  if (media !== 'image') return media === 'file';
  return isObject(picture) && typeof picture.url === 'string' && !COMMON_PICTURE.test(picture.url.slice(0, 32));
}

/** The media of earlier turns that a model does not take. The last `own` messages are the client's new ones, which were checked. */
export const leaveOutUnseen = (
  { input }: Pick<CatalogModel, 'input'>,
  messages: readonly ChatMessage[],
  { own, dropsRareMedia }: Pick<TurnPrompt, 'own' | 'dropsRareMedia'>,
): LeftOut | null =>
  leaveOutMedia(
    messages,
    (media, { index, part }) =>
      index < messages.length - own && (!takes(input, media) || (dropsRareMedia && isRare(media, part))),
  );

/** The errors by which an upstream, or the translation to its dialect, refuses a part of a message. */
const REFUSALS: ReadonlySet<string> = new Set(['upstream_rejected', 'invalid_field', 'image_decode_error']);

/**
 * Whether a request was refused whose earlier turns have rare media. They are left out from then on, so that the
 * conversation can go on with this model.
 */
export function dropRareMedia(failure: unknown, prompt: TurnPrompt, messages: () => readonly ChatMessage[]): boolean {
  if (prompt.dropsRareMedia || !(failure instanceof AppError) || !REFUSALS.has(failure.code)) return false;
  if (!prompt.texts.some(mayHoldMedia)) return false;
  const all = messages();
  const found = leaveOutMedia(all, (media, { index, part }) => index < all.length - prompt.own && isRare(media, part));
  if (found) prompt.dropRareMedia();
  return found !== null;
}

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
  const unseen = leaveOutUnseen(model, messages(), prompt);
  const shown = provider.textAnswers ? leaveOutShown(unseen?.messages ?? messages()) : null;
  const left = shown ?? unseen;
  if (!left) return { changes: {}, applied };
  const told = new Set([...applied, ...(unseen?.applied ?? []), ...(shown?.applied ?? [])]);
  return { changes: { messages: left.messages }, applied: [...told] };
}
