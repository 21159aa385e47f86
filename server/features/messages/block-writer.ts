import type { AnswerBlock, MessageEvent } from '../../../contracts/messages/answer.ts';
import type { ReasoningDetail } from '../../canonical/reasoning-details.ts';
import { encodeDetails } from './encode-details.ts';

/** The block that is open. */
type Open =
  | { readonly kind: 'text' }
  | { readonly kind: 'tool'; readonly call: number }
  | { readonly kind: 'thinking'; readonly key: string; readonly details: ReasoningDetail[]; signed: boolean };

/** Writes the content blocks of one answer as events: one block open at a time, none without an end. */
export class BlockWriter {
  #open: Open | null = null;
  #next = 0;
  #called = false;
  #events: MessageEvent[] = [];
  /** The signatures that go before the next block. */
  #pending: ReasoningDetail[] = [];

  get openCall(): number | null {
    return this.#open?.kind === 'tool' ? this.#open.call : null;
  }

  /** The events since they were last taken. */
  take(): MessageEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  text(text: string): void {
    if (this.#open?.kind !== 'text') {
      this.close();
      this.#flush();
      this.#start({ type: 'text', text: '' }, { kind: 'text' });
    }
    this.#delta({ type: 'text_delta', text });
  }

  /** `key` tells one thought from the next; `head` is its detail without the text, where that must come back. */
  thinking(key: string, text: string, head: ReasoningDetail | null = null): void {
    this.#openThinking(key, head);
    if (text !== '') this.#delta({ type: 'thinking_delta', thinking: text });
  }

  /** The signature of Anthropic itself. */
  sign(key: string, signature: string): void {
    this.#openThinking(key, null);
    if (this.#open?.kind === 'thinking') this.#open.signed = true;
    this.#delta({ type: 'signature_delta', signature });
  }

  redacted(data: string): void {
    this.close();
    this.#start({ type: 'redacted_thinking', data }, null);
  }

  /** Adds a signature without a text to the open reasoning block, or else before the next block. */
  prove(detail: ReasoningDetail): void {
    if (this.#open?.kind === 'thinking' && !this.#open.signed) this.#open.details.push(detail);
    else this.#pending.push(detail);
  }

  toolUse(call: number, id: string, name: string): void {
    this.close();
    this.#flush();
    this.#called = true;
    this.#start({ type: 'tool_use', id, name, input: {} }, { kind: 'tool', call });
  }

  input(json: string): void {
    if (json !== '') this.#delta({ type: 'input_json_delta', partial_json: json });
  }

  close(): void {
    const open = this.#open;
    if (!open) return;
    if (open.kind === 'thinking' && !open.signed) {
      const signature = open.details.length > 0 ? encodeDetails(open.details) : '';
      this.#delta({ type: 'signature_delta', signature });
    }
    this.#events.push({ type: 'content_block_stop', index: this.#next - 1 });
    this.#open = null;
  }

  /** Signatures behind a last text are left out: the turn is over, and agents take the last block for the answer. */
  finish(): void {
    this.close();
    if (this.#called) this.#flush();
  }

  #openThinking(key: string, head: ReasoningDetail | null): void {
    if (this.#open?.kind === 'thinking' && this.#open.key === key) return;
    this.close();
    this.#flush();
    const open: Open = { kind: 'thinking', key, details: head ? [head] : [], signed: false };
    this.#start({ type: 'thinking', thinking: '', signature: '' }, open);
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    const data = encodeDetails(this.#pending);
    this.#pending = [];
    this.redacted(data);
  }

  /** When `open` is absent, the block is complete and ends at once. */
  #start(block: AnswerBlock, open: Open | null): void {
    const index = this.#next++;
    this.#events.push({ type: 'content_block_start', index, content_block: block });
    this.#open = open;
    if (!open) this.#events.push({ type: 'content_block_stop', index });
  }

  #delta(delta: NonNullable<MessageEvent['delta']>): void {
    this.#events.push({ type: 'content_block_delta', index: this.#next - 1, delta });
  }
}
