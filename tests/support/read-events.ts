/** The payloads of a `text/event-stream`, without comments; the last one is `[DONE]` where the stream ended well. */
export function payloadsOf(text: string): string[] {
  return text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []));
}

/** The events of a stream that ended with `[DONE]`. Throws when it did not. */
export function chunksOf(text: string) {
  const payloads = payloadsOf(text);
  if (payloads.at(-1) !== '[DONE]') throw new Error(`The stream did not end with [DONE]: ${text.slice(-500)}`);
  return payloads.slice(0, -1).map((payload) => JSON.parse(payload));
}

/** The text that the chunks of a stream make. */
export const textOf = (text: string): string =>
  chunksOf(text)
    .map(({ choices }) => choices[0]?.delta?.content ?? '')
    .join('');

export interface EventReader {
  /** The next bytes as text; null at the end. */
  next(): Promise<string | null>;
  /** Resolves with everything read so far as soon as it holds the text. */
  until(part: string): Promise<string>;
}

/** Reads a streaming response piece by piece. */
export function readerOf(response: Response): EventReader {
  const reader = response.body?.getReader();
  if (!reader) throw new Error('The response has no body.');
  const decoder = new TextDecoder();
  let seen = '';
  const next = async () => {
    const { value, done } = await reader.read();
    if (done) return null;
    const piece = decoder.decode(value, { stream: true });
    seen += piece;
    return piece;
  };
  return {
    next,
    async until(part) {
      while (!seen.includes(part)) {
        if ((await next()) === null) throw new Error(`The stream ended without '${part}': ${seen.slice(-500)}`);
      }
      return seen;
    },
  };
}
