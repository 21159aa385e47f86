import { createHash } from 'node:crypto';

/** What every answer carries: nothing of ours runs in a frame, is guessed to be a script, or tells where it was. */
const base = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
};

const policy = (...directives: readonly string[]): string =>
  ["default-src 'none'", ...directives, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"].join('; ');

/** For what is no page, as every answer is until a page says otherwise: should a browser show it all the same, it can load and run nothing. */
export const dataHeaders = { ...base, 'content-security-policy': policy() };

/** For a page with one style sheet inside, which is known by its hash, and no script. */
export const pageHeaders = (style: string) => ({
  ...base,
  'content-security-policy': policy(
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    "img-src 'self' data:",
  ),
});

/** For a page whose scripts and style sheets are files of ours, and which calls the gateway. */
export const appHeaders = {
  ...base,
  'content-security-policy': policy(
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
  ),
};

/** For the console: as above, with fonts of ours, and what a reader drops or a model makes, which are no addresses. */
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
