/** A call as its client would make it. */
export interface SaidCall {
  readonly name: string;
  readonly arguments: string;
}

/** What a client makes of an answer. */
export interface Said {
  text: string;
  calls: SaidCall[];
  /** The code of the error that came in place of an answer, or that ended it. */
  error: string | null;
  /** What no answer may do, whatever it says. */
  readonly faults: string[];
}

/** A call that comes in pieces: joined as clients do it. */
export class CallPieces {
  #name = '';
  #arguments = '';

  add(name: string | null | undefined, args: string | null | undefined): void {
    this.#name += name ?? '';
    this.#arguments += args ?? '';
  }

  get call(): SaidCall {
    return { name: this.#name, arguments: this.#arguments };
  }
}

/** Adds a fault for calls without an id, and for calls that clients would confuse because they have the same id. */
export function checkIds(ids: readonly unknown[], said: Said): void {
  if (ids.some((id) => typeof id !== 'string' || id === '')) said.faults.push('a call without an id');
  if (new Set(ids).size < ids.length) said.faults.push('two calls with one id');
}
