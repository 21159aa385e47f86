import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Principal } from '../../features/access/caller.ts';
import { type Credentials, hashKey, readCredentials } from '../../features/access/credentials.ts';
import type { Gate } from '../../features/access/gate.ts';
import type { Places } from '../../features/access/places.ts';

export interface IdentityDeps {
  readonly gate: Gate;
  /** How many websockets each key may have. */
  readonly keyPlaces: Places;
  /** How long a websocket may be open without a valid key, in ms. */
  readonly keyWithinMs: number;
}

export interface Peer {
  readonly headers: IncomingHttpHeaders;
  readonly address: string;
  /** Aborts when the websocket closes. */
  readonly closed: AbortSignal;
  /** To be called as soon as the key is known. */
  readonly leaveStrangers: () => void;
}

/** Who is at the other end of a websocket: a stranger, until a valid key was shown and as long as it stays valid. */
export class Identity {
  readonly #deps: IdentityDeps;
  readonly #peer: Peer;
  /** Those of the headers, and the key of the connection's parameters before them. */
  #credentials: Credentials;
  #principal: Principal | null = null;
  /** The key of which it holds a place. */
  #placed: string | null = null;
  #strangerSince = monotonicNow();

  constructor(deps: IdentityDeps, peer: Peer) {
    this.#deps = deps;
    this.#peer = peer;
    this.#credentials = readCredentials(peer.headers);
    peer.closed.addEventListener('abort', peer.leaveStrangers, { once: true });
  }

  /** Null: a stranger. */
  get principal(): Principal | null {
    return this.#principal;
  }

  /** Takes the key of the connection's parameters; null when they have none. */
  show(apiKey: string | null): void {
    if (apiKey === null) return;
    const { hashes } = this.#credentials;
    this.#credentials = { hashes: [hashKey(apiKey), ...hashes], malformed: false };
  }

  /**
   * Checks the key, anew for each call, since it may have been revoked. Throws the errors of `Gate.authenticate`, and
   * `rate_limit_exceeded` when the key has as many websockets as it may.
   */
  authenticate(): Principal {
    const { gate } = this.#deps;
    const principal = gate.authenticate(this.#credentials, this.#peer.address);
    if (this.#principal !== principal) this.#become(principal);
    return principal;
  }

  /** Whether the time is over in which a stranger has to show a key. */
  isOverdue(now: number): boolean {
    return this.#principal === null && now - this.#strangerSince > this.#deps.keyWithinMs;
  }

  #become(principal: Principal): void {
    const { closed, leaveStrangers } = this.#peer;
    const { keyPlaces } = this.#deps;
    if (this.#placed !== principal.keyHash) {
      const place = keyPlaces.take(principal.keyHash);
      if (!place) {
        throw new AppError(
          'rate_limit_exceeded',
          `This key has ${keyPlaces.most} websockets open, which is the most at once (WEBSOCKETS_PER_KEY). Close one, or send several calls over one.`,
        );
      }
      closed.addEventListener('abort', place, { once: true });
      this.#placed = principal.keyHash;
    }
    leaveStrangers();
    this.#principal = principal;
    principal.revoked?.addEventListener('abort', () => this.#forget(principal), { once: true, signal: closed });
  }

  /** Whoever has a key that is no longer valid has the time of a stranger to go. */
  #forget(principal: Principal): void {
    if (this.#principal !== principal) return;
    this.#principal = null;
    this.#strangerSince = monotonicNow();
  }
}
