/** The answer of `POST /api/client-tokens`, which a front end's own server passes on. */
export interface IssuedToken {
  readonly token: string;
  /** As ISO 8601. */
  readonly expires_at: string;
}

/** How long before its end a token is no longer used, in ms, because a request takes a while to arrive. */
const MARGIN_MS = 30_000;

/**
 * Makes an `apiKey` for `createGateway` out of client tokens. `fetchToken` asks the front end's own server for a token. It
 * is called when there is none yet and shortly before the last one expires, once for all requests that wait.
 */
export function refreshTokens(fetchToken: () => Promise<IssuedToken>): () => Promise<string> {
  let current: { readonly token: string; readonly usableUntil: number } | undefined;
  let asking: Promise<string> | undefined;

  async function ask(): Promise<string> {
    const askedAt = Date.now();
    const { token, expires_at } = await fetchToken();
    const lifetime = new Date(expires_at).getTime() - askedAt;
    // A token that lasts less than a minute is used for half of its time.
    current = { token, usableUntil: askedAt + lifetime - Math.min(MARGIN_MS, lifetime / 2) };
    return token;
  }

  return () => {
    if (current && Date.now() < current.usableUntil) return Promise.resolve(current.token);
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}
