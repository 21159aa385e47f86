import { AppError } from '../../errors/app-error.ts';
import type { Principal } from './caller.ts';
import type { KeyRing } from './key-ring.ts';

/** What a request says of where it comes from. */
interface Page {
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
}

/** Whether a page is one of the gateway's own: its origin has the gateway's host and port. */
function isOwn(origin: string, host: string | undefined): boolean {
  const authority = /^https?:\/\/([^/]+)$/i.exec(origin)?.[1];
  return authority !== undefined && authority.toLowerCase() === host?.toLowerCase();
}

const refused = () =>
  new AppError('permission_denied', 'This key may not be used by pages of this origin.', { param: 'Origin' });

/** The web origins whose pages may call the gateway: those of `CORS_ORIGINS`, and of each key its own. */
export class Origins {
  readonly #common: ReadonlySet<string>;
  readonly #ring: Pick<KeyRing, 'hasOrigin'>;
  readonly allowsAll: boolean;

  /** `common` are those of `CORS_ORIGINS`. */
  constructor(common: readonly string[], ring: Pick<KeyRing, 'hasOrigin'>) {
    this.#common = new Set(common);
    this.#ring = ring;
    this.allowsAll = this.#common.has('*');
  }

  isCommon(origin: string): boolean {
    return this.allowsAll || this.#common.has(origin);
  }

  /** Whether pages of an origin may call with some key. A preflight shows none, nor does the handshake of a websocket. */
  mayCall(origin: string): boolean {
    return this.isCommon(origin) || this.#ring.hasOrigin(origin);
  }

  /** The same of a websocket. Clients that are not browsers send no `Origin`. */
  mayConnect({ origin, host }: Page): boolean {
    return origin === undefined || isOwn(origin, host) || this.mayCall(origin);
  }

  /** Whether a caller's answer may be read by a page of this origin. */
  mayRead({ origins }: Pick<Principal, 'origins'>, { origin, host }: Page): boolean {
    return origin === undefined || isOwn(origin, host) || (origins ? origins.has(origin) : this.isCommon(origin));
  }

  /** Refuses a caller on a websocket, which any page can open that may call with some key. Throws `permission_denied`. */
  checkSocket(principal: Pick<Principal, 'origins' | 'token'>, page: Page): void {
    if (!this.mayRead(principal, page)) throw refused();
    this.check(principal, page, false);
  }

  /**
   * Refuses a caller whose key or token has origins of its own, from any other one. `mayHide`: whether a browser may leave
   * `Origin` out, as it does for reading on the page's own origin. Throws `permission_denied`.
   */
  check(principal: Pick<Principal, 'origins' | 'token'>, page: Page, mayHide: boolean): void {
    if (principal.origins === null) return;
    const isHidden = page.origin === undefined;
    if (isHidden && principal.token && !mayHide) throw refused();
    if (!isHidden && !this.mayRead(principal, page)) throw refused();
  }
}
