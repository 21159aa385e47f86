/** An event of a stream of server-sent events. */
export interface SentEvent {
  readonly id: string | undefined;
  readonly data: string;
}

/** How long a stream may be silent; the gateway sends a ping after 15 s. In ms. */
const SILENCE_MS = 45_000;

/** A read that fails when nothing comes, as on a connection that has been cut without a word. */
async function readWithin<T>(reading: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silent = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The stream was silent for ${ms / 1000} s.`)), ms);
  });
  try {
    return await Promise.race([reading, silent]);
  } finally {
    clearTimeout(timer);
  }
}

function parseEvent(block: string): SentEvent | undefined {
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    // `s`, because a text may hold U+2028, which ends a line of JavaScript but none of a stream.
    const [, name, value = ''] = /^([^:]+):? ?(.*)$/s.exec(line) ?? [];
    if (name === 'id') id = value;
    if (name === 'data') data.push(value);
  }
  return data.length === 0 ? undefined : { id, data: data.join('\n') };
}

/** A blank line, which ends an event. */
const BLANK = /\n\r?\n/;

/** The events of a body. A blank line ends each; what was cut off at the end of the body is none. */
export async function* readSse(body: ReadableStream<Uint8Array>): AsyncGenerator<SentEvent, void, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  // An event of many megabytes comes in hundreds of pieces, and is looked at once.
  let pieces: string[] = [];
  let tail = '';
  try {
    for (;;) {
      const { value, done } = await readWithin(reader.read(), SILENCE_MS);
      if (done) return;
      const piece = decoder.decode(value, { stream: true });
      pieces.push(piece);
      const seen = tail + piece;
      tail = seen.slice(-2);
      if (!BLANK.test(seen)) continue;
      // A `\r` at the end waits for its `\n`.
      const blocks = pieces.join('').replace(/\r\n/g, '\n').split('\n\n');
      pieces = [blocks.pop() ?? ''];
      for (const block of blocks) {
        const event = parseEvent(block);
        if (event) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
