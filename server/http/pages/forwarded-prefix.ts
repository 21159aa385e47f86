const PREFIX = /^(?:\/[\w.~-]+)+$/;
const MAX_LENGTH = 200;

/**
 * The path prefix that a proxy removed, by its `X-Forwarded-Prefix` header. Null: there is no header, or it is not a
 * path.
 */
export function forwardedPrefix(header: string | readonly string[] | undefined): string | null {
  if (typeof header !== 'string') return null;
  const path = header.replace(/\/+$/, '');
  return path.length <= MAX_LENGTH && PREFIX.test(path) ? path : null;
}
