import type { ToolCallDelta } from '../../../contracts/chat/completion.ts';
import { DistinctIds } from '../../canonical/distinct-ids.ts';
import { isJson } from '../../canonical/is-json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { BlockWriter } from './block-writer.ts';
import { CALL_FIELDS } from './encode-details.ts';

interface Call {
  readonly index: number;
  id: string;
  name: string;
  /** Arguments so far, and how much of them was written. */
  json: string;
  written: number;
  state: 'waiting' | 'open' | 'closed';
}

/** Calls whose pieces may come mixed, one block after the other: a call waits while the one before it is not whole. */
export class CallWriter {
  readonly #blocks: BlockWriter;
  readonly #ids: DistinctIds;
  readonly #calls = new Map<number, Call>();

  /**
   * `taken`: ids of the calls so far. Some upstreams begin anew in each answer (`call_0`), and agents take a second call
   * of one id for the first: they lose it, and its result.
   */
  constructor(blocks: BlockWriter, taken: ReadonlySet<string>) {
    this.#blocks = blocks;
    this.#ids = new DistinctIds('toolu_', taken);
  }

  get called(): boolean {
    return this.#calls.size > 0;
  }

  add({ index, id, type: _, function: piece, ...fields }: ToolCallDelta): void {
    const call = this.#callAt(index);
    if (id && call.id === '') call.id = this.#ids.own(id);
    call.name += piece?.name ?? '';
    call.json += piece?.arguments ?? '';
    if (Object.values(fields).some((value) => value != null)) {
      if (call.id === '') call.id = this.#ids.own('');
      this.#blocks.prove({ type: CALL_FIELDS, id: call.id, fields });
    }
    if (call.state === 'closed' && piece?.arguments?.trim()) {
      throw new AppError('upstream_broken', 'The upstream continued a tool call that was complete.');
    }
    if (call.state === 'waiting' && this.#mayOpen()) this.#open(call);
    if (call.state === 'open') this.#write(call);
  }

  /** Writes what waited. */
  finish(): void {
    for (const call of [...this.#calls.values()].toSorted((a, b) => a.index - b.index)) {
      if (call.state === 'waiting') this.#open(call);
      if (this.#blocks.openCall === call.index) this.#write(call);
    }
  }

  #callAt(index: number): Call {
    const known = this.#calls.get(index);
    if (known) return known;
    const call: Call = { index, id: '', name: '', json: '', written: 0, state: 'waiting' };
    this.#calls.set(index, call);
    return call;
  }

  #mayOpen(): boolean {
    const { openCall } = this.#blocks;
    const open = openCall === null ? undefined : this.#calls.get(openCall);
    return !open || isJson(open.json);
  }

  #open(call: Call): void {
    if (call.name === '') return;
    const { openCall } = this.#blocks;
    const before = openCall === null ? undefined : this.#calls.get(openCall);
    if (before) before.state = 'closed';
    if (call.id === '') call.id = this.#ids.own('');
    call.state = 'open';
    this.#blocks.toolUse(call.index, call.id, call.name);
  }

  #write(call: Call): void {
    if (this.#blocks.openCall !== call.index) {
      throw new AppError('upstream_broken', 'The upstream sent something else in the middle of a tool call.');
    }
    this.#blocks.input(call.json.slice(call.written));
    call.written = call.json.length;
  }
}
