import type { NewTurn } from '../../server/store/interface/turns.ts';
import { bigPng } from '../support/pictures.ts';

export const picture = bigPng(900_000);

/** A turn that says megabytes: words, and a picture. */
export function longTurn(words: string, fields: Partial<NewTurn> = {}): NewTurn {
  const text = `${words} ${'and so on '.repeat(150_000)}`;
  const content = [
    { type: 'text', text },
    { type: 'image_url', image_url: { url: `data:image/png;base64,${picture}` } },
  ];
  const messages = [{ role: 'user', prompt: JSON.stringify({ role: 'user', content }), text }] as const;
  return { conversationId: null, owner: null, userId: null, model: 'small', messages, ...fields };
}
