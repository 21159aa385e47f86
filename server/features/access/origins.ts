import { AppError } from '../../errors/app-error.ts';
import type { Principal } from './caller.ts';
import type { KeyRing } from './key-ring.ts';

/** The headers of a request that name the page that sends it. */
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
  new AppError('permission_denied', 'This key is not allowed on pages of this origin.', { param: 'Origin' });

/** The web origins whose pages may call the gateway: those of `CORS_ORIGINS` and those of single keys. */
export class Origins {
  readonly #common: ReadonlySet<string>;
  readonly #ring: Pick<KeyRing, 'hasOrigin'>;
  readonly allowsAll: boolean;

  /** `common` has the origins of `CORS_ORIGINS`. */
  constructor(common: readonly string[], ring: Pick<KeyRing, 'hasOrigin'>) {
    this.#common = new Set(common);
    this.#ring = ring;
    this.allowsAll = this.#common.has('*');
  }

  isCommon(origin: string): boolean {
    return this.allowsAll || this.#common.has(origin);
  }

  /** Whether pages of an origin may call with some key. Preflights and handshakes of websockets may have no key yet. */
  mayCall(origin: string): boolean {
    return this.isCommon(origin) || this.#ring.hasOrigin(origin);
  }

  /** Whether a page may open a websocket. Clients that are not browsers send no `Origin`. */
  mayConnect({ origin, host }: Page): boolean {
    return origin === undefined || isOwn(origin, host) || this.mayCall(origin);
  }

  /** Whether a page may read the answers to a caller. */
  mayRead({ origins }: Pick<Principal, 'origins'>, { origin, host }: Page): boolean {
    return origin === undefined || isOwn(origin, host) || (origins ? origins.has(origin) : this.isCommon(origin));
  }

  /** Refuses a caller on a websocket that was opened by a page of another key. Throws `permission_denied`. */
  checkSocket(principal: Pick<Principal, 'origins' | 'token'>, page: Page): void {
    if (!this.mayRead(principal, page)) throw refused();
    this.check(principal, page, false);
  }

  /**
   * Refuses a caller whose key or token has origins of its own when the page has another origin. `mayHide`: whether a token
   * may come without `Origin`, which browsers leave out when a page reads from its own origin. Throws `permission_denied`.
   */
  check(principal: Pick<Principal, 'origins' | 'token'>, page: Page, mayHide: boolean): void {
    if (principal.origins === null) return;
    const isHidden = page.origin === undefined;
    if (isHidden && principal.token && !mayHide) throw refused();
    if (!isHidden && !this.mayRead(principal, page)) throw refused();
  }
}
