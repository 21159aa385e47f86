const PREFIX = /^(?:\/[\w.~-]+)+$/;
const MAX_LENGTH = 200;

/** What a proxy says in `X-Forwarded-Prefix` that it took off the path; null: nothing, or nothing that is a path. */
export function forwardedPrefix(header: string | readonly string[] | undefined): string | null {
  if (typeof header !== 'string') return null;
  const path = header.replace(/\/+$/, '');
  return path.length <= MAX_LENGTH && PREFIX.test(path) ? path : null;
}
