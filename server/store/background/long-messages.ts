import { readAsText } from '../../canonical/read-body/parse-in-pieces.ts';
import { joinAsBytes } from '../../canonical/write-in-steps.ts';
import { inTurns } from '../../event-loop/in-turns.ts';
import type { UnwrittenMessage } from '../insert-messages.ts';
import { type KnownTexts, LongHistory } from '../long-texts.ts';
import type { Background } from './background.ts';

/** How often a history is read again that other requests change all the time. */
const MOST_TRIES = 20;

/**
 * Writes and reads messages of megabytes, on a thread of their own. The messages pass between the threads as bytes. They are
 * converted from and to texts in pieces, so that no other request waits.
 */
export class LongMessages {
  readonly #thread: Background;

  constructor(thread: Background) {
    this.#thread = thread;
  }

  async write(messages: readonly UnwrittenMessage[]): Promise<void> {
    const written = [];
    for (const { prompt, ...message } of messages) {
      const bytes = await inTurns(joinAsBytes([prompt]));
      written.push({ ...message, bytes });
    }
    await this.#thread.call('fill', written);
  }

  /** Does work that may need long texts of a history. The work is done again when the texts are known. */
  async withTexts<T>(work: (known: KnownTexts) => Promise<T>): Promise<T> {
    const known = new Map<string, string>();
    for (let tries = 1; ; tries++) {
      try {
        return await work(known);
      } catch (error) {
        if (!(error instanceof LongHistory) || tries === MOST_TRIES) throw error;
        for (const { key, bytes } of await this.#thread.call('readTexts', error.texts)) {
          known.set(key, await inTurns(readAsText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))));
        }
      }
    }
  }
}
