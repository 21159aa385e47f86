import type { AnswerDelta, ToolCallPiece } from './engine-protocol.ts';

/** The whole answer so far. */
export interface AnswerSnapshot {
  readonly content: string;
  readonly reasoning: string;
  readonly toolCalls: readonly { readonly name: string; readonly arguments: string }[];
}

/** Turns snapshots of a growing answer into what each one adds, and watches for stop words. */
export class AnswerDiff {
  readonly #stops: readonly string[];
  #content = '';
  #reasoning = '';
  readonly #calls: string[] = [];
  /** True once a stop word has been found. The content ends before it. */
  stopped = false;

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== '');
  }

  get empty(): boolean {
    return this.#content === '' && this.#reasoning === '' && this.#calls.length === 0;
  }

  get calledTools(): boolean {
    return this.#calls.length > 0;
  }

  /** `last`: no snapshot follows, so nothing is held back. */
  next(snapshot: AnswerSnapshot, last: boolean): AnswerDelta | undefined {
    if (this.stopped) return undefined;
    const content = growth(this.#content, this.#visible(snapshot.content, last));
    const reasoning = growth(this.#reasoning, last ? snapshot.reasoning : wholeCharacters(snapshot.reasoning));
    const toolCalls = this.#newPieces(snapshot.toolCalls, last);
    this.#content += content;
    this.#reasoning += reasoning;
    if (content === '' && reasoning === '' && toolCalls.length === 0) return undefined;
    return { content, reasoning, toolCalls };
  }

  /** The content up to a stop word, without an end that could still become one. */
  #visible(content: string, last: boolean): string {
    // No stop word can begin in the content that was sent: that would have been held back.
    const found = this.#stops.map((stop) => content.indexOf(stop, this.#content.length)).filter((at) => at >= 0);
    if (found.length > 0) {
      this.stopped = true;
      return content.slice(0, Math.min(...found));
    }
    if (last) return content;
    const whole = wholeCharacters(content);
    return whole.slice(0, whole.length - Math.max(0, ...this.#stops.map((stop) => overlap(whole, stop))));
  }

  #newPieces(calls: AnswerSnapshot['toolCalls'], last: boolean): ToolCallPiece[] {
    const pieces: ToolCallPiece[] = [];
    for (const [index, call] of calls.entries()) {
      const sent = this.#calls[index];
      const text = last ? call.arguments : wholeCharacters(call.arguments);
      // Until the first piece of its arguments, the name of a call may be incomplete.
      if (sent === undefined && (call.name === '' || (text === '' && !last))) break;
      const grown = growth(sent ?? '', text);
      this.#calls[index] = (sent ?? '') + grown;
      if (sent === undefined) pieces.push({ index, name: call.name, arguments: grown });
      else if (grown !== '') pieces.push({ index, arguments: grown });
    }
    return pieces;
  }
}

/**
 * What a snapshot adds. One that takes back what was sent adds nothing: the parser may guess wrong in the middle of an
 * answer.
 */
function growth(sent: string, now: string): string {
  return now.startsWith(sent) ? now.slice(sent.length) : '';
}

/** The text without replacement characters at its end, which stand for the first bytes of an incomplete character. */
function wholeCharacters(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '\uFFFD') end -= 1;
  return text.slice(0, end);
}

/** The length of the longest proper prefix of `stop` with which `text` ends. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length -= 1) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
