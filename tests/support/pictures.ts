/** A picture of one pixel, and one whose bytes differ. */
export const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
export const jpeg = '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////';
export const pngUri = `data:image/png;base64,${png}`;
export const jpegUri = `data:image/jpeg;base64,${jpeg}`;

/** Base64 of so many bytes that begin as a PNG does. */
export function bigPng(bytes: number): string {
  const picture = Buffer.alloc(bytes, 'duplex');
  Buffer.from(png, 'base64').copy(picture);
  return picture.toString('base64');
}
