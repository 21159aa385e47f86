import { remind } from '../../canonical/gather-instructions.ts';
import { EMPTY_MESSAGE } from '../empty-message.ts';
import type { Block, Turn } from './wire.ts';

/**
 * Writes blocks into turns as Anthropic demands: roles alternate, and the results of tools come first in their turn.
 */
export class TurnWriter {
  readonly #turns: Turn[] = [];
  readonly #systemTurns: boolean;
  #instructions: Block[] = [];

  /** `systemTurns`: whether the model takes turns of the role `system`. */
  constructor(systemTurns: boolean) {
    this.#systemTurns = systemTurns;
  }

  add(role: 'user' | 'assistant', blocks: readonly Block[]): void {
    if (blocks.length === 0) return;
    if (role === 'assistant') this.#endUserTurn();
    this.#open(role).push(...blocks);
  }

  addResult(result: Block): void {
    const content = this.#open('user');
    const results = content.filter(({ type }) => type === 'tool_result').length;
    content.splice(results, 0, result);
  }

  /**
   * Adds an instruction from the middle of the history. It is written at the end of the user's turn, the only place
   * where Anthropic takes it.
   */
  addInstructions(blocks: readonly Block[]): void {
    this.#instructions.push(...blocks);
  }

  finish(): Turn[] {
    this.#endUserTurn();
    // Anthropic wants the user to begin. The first question may have been deleted.
    if (this.#turns[0]?.role === 'assistant') {
      this.#turns.unshift({ role: 'user', content: [{ type: 'text', text: EMPTY_MESSAGE }] });
    }
    return this.#turns;
  }

  #open(role: 'user' | 'assistant'): Block[] {
    const last = this.#turns.at(-1);
    if (last?.role === role) return last.content;
    const content: Block[] = [];
    this.#turns.push({ role, content });
    return content;
  }

  #endUserTurn(): void {
    const instructions = this.#instructions;
    this.#instructions = [];
    if (instructions.length === 0) return;
    if (this.#systemTurns) this.#turns.push({ role: 'system', content: instructions });
    else this.#open('user').push(...instructions.map((block) => ({ ...block, text: remind(String(block.text)) })));
  }
}
