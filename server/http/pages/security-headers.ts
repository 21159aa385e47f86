import { createHash } from 'node:crypto';

/**
 * The headers of every response: it may not be shown in a frame, its type is not guessed, and links from it send no
 * referrer.
 */
const base = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
};

const policy = (...directives: readonly string[]): string =>
  ["default-src 'none'", ...directives, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"].join('; ');

/**
 * The headers of every response that is not a page. If a browser shows it all the same, it can load and run nothing.
 */
export const dataHeaders = { ...base, 'content-security-policy': policy() };

/** The headers of a page with one inline style sheet, which is known by its hash, and no script. */
export const pageHeaders = (style: string) => ({
  ...base,
  'content-security-policy': policy(
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    "img-src 'self' data:",
  ),
});

/** For the console: scripts, style sheets and fonts are files of ours, and what a reader drops or a model makes is no address. It calls the gateway. */
export const consoleHeaders = {
  ...base,
  'content-security-policy': policy(
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self' data: blob:",
    'media-src data: blob:',
    "connect-src 'self'",
  ),
};
