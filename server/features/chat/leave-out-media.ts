import type { ChatMessage, ContentPart } from '../../../contracts/chat/message.ts';
import { tableOf } from '../../canonical/table-of.ts';

const KINDS = ['image', 'audio', 'video', 'file'] as const;
/** The kinds of media that a part of a message can hold. */
export type Media = (typeof KINDS)[number];

const TYPES = tableOf<Media>({
  image_url: 'image',
  input_audio: 'audio',
  audio_url: 'audio',
  input_video: 'video',
  video_url: 'video',
  file: 'file',
});

/** As in `x-gateway-applied`. */
const APPLIED: Readonly<Record<Media, string>> = {
  image: 'images_ignored',
  audio: 'audio_ignored',
  video: 'video_ignored',
  file: 'files_ignored',
};

/** Null for text, and for parts that only an upstream knows. */
const mediaOf = ({ type }: ContentPart): Media | null => TYPES[type] ?? null;

/** Where a part is. */
interface Place {
  readonly message: ChatMessage;
  readonly index: number;
  readonly part: ContentPart;
}

export interface LeftOut {
  readonly messages: ChatMessage[];
  /** As in `x-gateway-applied`. */
  readonly applied: readonly string[];
}

/** The text of a message that had nothing but media: many upstreams refuse an empty message. */
const note = (left: readonly Media[]): string => `(${left.join(', ')} left out)`;

/** The messages without the unwanted media. Null when they contain no such media. */
export function leaveOutMedia(
  messages: readonly ChatMessage[],
  isUnwanted: (media: Media, place: Place) => boolean,
): LeftOut | null {
  const found = new Set<Media>();
  const kept = messages.map((message, index) => {
    const { content } = message;
    if (!Array.isArray(content)) return message;
    const left: Media[] = [];
    const parts = content.filter((part) => {
      const media = mediaOf(part);
      if (media === null || !isUnwanted(media, { message, index, part })) return true;
      left.push(media);
      return false;
    });
    for (const media of left) found.add(media);
    if (left.length === 0) return message;
    return { ...message, content: parts.length > 0 ? parts : note(left) };
  });
  if (found.size === 0) return null;
  return { messages: kept, applied: KINDS.filter((media) => found.has(media)).map((media) => APPLIED[media]) };
}
