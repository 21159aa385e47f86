import { withoutSecrets } from './secrets.ts';

/** Takes every key that is known out of a text, and all that looks like one. */
export const redact = (text: string): string =>
  withoutSecrets(text)
    .replace(/\b(sk|pk|key|token|Bearer)[-_ ][A-Za-z0-9_.-]{6,}/gi, '[redacted]')
    .replace(/\bAIza[A-Za-z0-9_-]{10,}/g, '[redacted]')
    .replace(/\b(?=[A-Za-z]*\d)[A-Za-z0-9]{32,}\b/g, '[redacted]');
