import { withoutSecrets } from '../providers/http/secrets.ts';

/** The keys and tokens that the gateway issues, and the text after `Bearer`. No code logs them on purpose. */
const KEYS = /\bsk-[A-Za-z0-9_-]{20,}|\bdct-[A-Za-z0-9_.-]{20,}|\bBearer [A-Za-z0-9_.~+/=-]{6,}/g;

/** The last thing that happens to every line of the log, at every level. */
export const hideSecrets = (line: string): string => withoutSecrets(line).replace(KEYS, '[redacted]');
