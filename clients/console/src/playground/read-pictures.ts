import type { Picture } from './draft.ts';

/** Beyond this side a picture is made smaller: models scale it down themselves, and the request stays small. */
const LONGEST_SIDE = 2_048;
/** A smaller file is sent as it is. */
const SMALL_BYTES = 1_500_000;
const types = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

export const isPicture = (file: File): boolean => types.has(file.type);

function toDataUri(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

async function downscale(file: File): Promise<Blob> {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  if (scale === 1) return file;
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: file.type === 'image/png' ? 'image/png' : 'image/jpeg', quality: 0.9 });
}

/** What was dropped, pasted or picked, as a request takes it. Throws what the browser says of a broken file. */
export async function readPicture(file: File): Promise<Picture> {
  const blob = file.size > SMALL_BYTES && file.type !== 'image/gif' ? await downscale(file) : file;
  return { name: file.name, url: await toDataUri(blob) };
}
