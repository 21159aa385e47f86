import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Principal } from '../../features/access/caller.ts';
import { type Credentials, readCredentials, sortKeys } from '../../features/access/credentials.ts';
import type { Gate } from '../../features/access/gate.ts';
import type { Places } from '../../features/access/places.ts';

export interface IdentityDeps {
  readonly gate: Gate;
  /** Limits how many websockets each key may have. */
  readonly keyPlaces: Places;
  /** How long a websocket may be open without a valid key, in ms. */
  readonly keyWithinMs: number;
}

export interface Peer {
  readonly headers: IncomingHttpHeaders;
  readonly address: string;
  /** Aborts when the websocket closes. */
  readonly closed: AbortSignal;
  /** Call it as soon as the key is known. */
  readonly leaveStrangers: () => void;
}

/**
 * The identity of the client on a websocket. It is a stranger until it has shown a valid key, and again when that key
 * is revoked.
 */
export class Identity {
  readonly #deps: IdentityDeps;
  readonly #peer: Peer;
  /** The keys in the headers, preceded by the key in the connection parameters. */
  #credentials: Credentials;
  #principal: Principal | null = null;
  /** The hash of the key whose place this websocket takes. */
  #placed: string | null = null;
  #strangerSince = monotonicNow();

  constructor(deps: IdentityDeps, peer: Peer) {
    this.#deps = deps;
    this.#peer = peer;
    this.#credentials = readCredentials(peer.headers);
    peer.closed.addEventListener('abort', peer.leaveStrangers, { once: true });
  }

  /** Null: the client is a stranger. */
  get principal(): Principal | null {
    return this.#principal;
  }

  /** Takes the key of the connection parameters; null when they have none. */
  show(apiKey: string | null): void {
    if (apiKey === null) return;
    const { hashes, tokens } = this.#credentials;
    const shown = sortKeys([apiKey]);
    this.#credentials = {
      hashes: [...shown.hashes, ...hashes],
      tokens: [...shown.tokens, ...tokens],
      malformed: false,
    };
  }

  /**
   * Checks the key. This is done for each call, since the key may have been revoked. Throws the errors of
   * `Gate.authenticate`, `permission_denied` for a page that the key is not for, and `rate_limit_exceeded` when the key has too many websockets.
   */
  authenticate(): Principal {
    const { gate } = this.#deps;
    const { headers, address } = this.#peer;
    const principal = gate.authenticate(this.#credentials, address);
    gate.origins.checkSocket(principal, headers);
    if (this.#principal !== principal) this.#become(principal);
    return principal;
  }

  /** Counts a wrong secret of another kind than keys. Throws `rate_limit_exceeded`. */
  countGuess(): void {
    this.#deps.gate.countGuess(this.#peer.address);
  }

  /** Whether the client has not shown a key in time. */
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

  /** Makes the client a stranger when its key is revoked. It then has as long as any stranger to show a valid key. */
  #forget(principal: Principal): void {
    if (this.#principal !== principal) return;
    this.#principal = null;
    this.#strangerSince = monotonicNow();
  }
}
