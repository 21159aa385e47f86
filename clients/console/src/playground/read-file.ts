import { type AttachmentKind, imageTypes, kindOf } from './attachment.ts';
import type { Attachment } from './draft.ts';

/**
 * An image with a longer side, in pixels, is made smaller. Providers scale such an image down themselves or refuse it, and many
 * servers count tokens by its pixels, however few bytes it has.
 */
const LONGEST_SIDE = 2_048;

/** What a file can be attached as; null: no model takes it. */
export function fileKind({ type }: File): AttachmentKind | null {
  const kind = kindOf(type);
  return kind === 'image' && !imageTypes.includes(type) ? null : kind;
}

/** The types that the dialog for files offers. */
export const accepted = (kinds: readonly AttachmentKind[]): string =>
  kinds.flatMap((kind) => (kind === 'image' ? imageTypes : [`${kind}/*`])).join(',');

function toDataUri(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** Null: the image is not too large. */
async function shrink(file: File): Promise<Attachment | null> {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  if (scale === 1) return null;
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  // A browser that cannot write this type writes PNG.
  const blob = await canvas.convertToBlob({ type: file.type, quality: 0.9 });
  const shrunk = {
    from: `${bitmap.width} × ${bitmap.height}`,
    to: `${canvas.width} × ${canvas.height}`,
    original: await toDataUri(file),
  };
  return { name: file.name, url: await toDataUri(blob), shrunk };
}

/** What was dropped, pasted or picked, as a request takes it. Throws what the browser says of a broken file. */
export async function readFile(file: File): Promise<Attachment> {
  // A GIF may be an animation, which a smaller one would not be.
  const mayShrink = fileKind(file) === 'image' && file.type !== 'image/gif';
  const smaller = mayShrink ? await shrink(file) : null;
  return smaller ?? { name: file.name, url: await toDataUri(file) };
}

/** An image as it was before it was made smaller. */
export const toOriginal = ({ name, url, shrunk }: Attachment): Attachment => ({ name, url: shrunk?.original ?? url });
