import type { Surface } from './draft.ts';

const attachmentKinds = ['image', 'audio', 'video'] as const;
export type AttachmentKind = (typeof attachmentKinds)[number];

/** The types of images that can be attached and shown. SVG is left out, because it can refer to other files. */
export const imageTypes: readonly string[] = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

/** What each surface can say. Responses and Messages have no parts for sound and video. */
const saidBy: Readonly<Record<Surface, readonly AttachmentKind[]>> = {
  chat: attachmentKinds,
  turn: attachmentKinds,
  responses: ['image'],
  messages: ['image'],
};

const isKind = (name: string): name is AttachmentKind => attachmentKinds.some((kind) => kind === name);

/** The kind of a media type, or of a data URI of it; null: it is none that a model takes. */
export function kindOf(typeOrUri: string): AttachmentKind | null {
  const name = typeOrUri.replace(/^data:/, '').split('/')[0] ?? '';
  return isKind(name) ? name : null;
}

/** What can be attached: what the model takes, as far as the surface can say it. */
export const takenBy = (surface: Surface, input: readonly string[]): readonly AttachmentKind[] =>
  saidBy[surface].filter((kind) => input.includes(kind));

export const isShownImage = (url: string): boolean => imageTypes.some((type) => url.startsWith(`data:${type};base64,`));
