import type { StreamEvent } from './dialects/dialect.ts';
import type { JsonObject } from './json.ts';

/** One event on the wire. A token's frame waits at the gate and counts for `cut`. */
export interface Frame {
  readonly text: string;
  readonly token: boolean;
}

export const done: Frame = { text: 'data: [DONE]\n\n', token: false };

export function frame(data: JsonObject | string, token = false, name?: string): Frame {
  const event = name === undefined ? '' : `event: ${name}\n`;
  return { text: `${event}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`, token };
}

export const frameOf = ({ data, token, name }: StreamEvent): Frame => frame(data, token, name);

/** A keep-alive as llama.cpp sends it. */
export const emptyComment: Frame = { text: ':\n\n', token: false };

/** The place just behind the n-th token (0: before the first one). */
export function afterToken(frames: readonly Frame[], count: number): number {
  if (count === 0) {
    const first = frames.findIndex((one) => one.token);
    return first === -1 ? frames.length : first;
  }
  let seen = 0;
  for (const [position, one] of frames.entries()) {
    if (one.token) seen += 1;
    if (seen === count) return position + 1;
  }
  return frames.length;
}

/** Puts frames in behind the n-th token. */
export function insertAfterToken(frames: readonly Frame[], count: number, inserted: readonly Frame[]): Frame[] {
  const place = afterToken(frames, count);
  return [...frames.slice(0, place), ...inserted, ...frames.slice(place)];
}
