import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Begins every summary that this gateway encrypted, with any key. */
const PREFIX = 'duplexc1.';
const ALGORITHM = 'aes-256-gcm';
/** The lengths that the algorithm needs, in bytes: of the nonce, and of the complete tag. */
const IV_BYTES = 12;
const TAG_BYTES = 16;

export const isEncrypted = (text: string): boolean => text.startsWith(PREFIX);

/** The administrator is null, and no owner's name is the JSON of another one. */
const boundTo = (owner: string | null): Buffer => Buffer.from(JSON.stringify([PREFIX, owner]));

/** Encrypts a summary for one owner, as the `encrypted_content` of a compaction. */
export function encryptSummary(key: Buffer, summary: string, owner: string | null): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(boundTo(owner));
  const encrypted = Buffer.concat([cipher.update(summary, 'utf8'), cipher.final()]);
  return PREFIX + Buffer.concat([iv, cipher.getAuthTag(), encrypted]).toString('base64url');
}

/** Null when it was changed, was cut, or belongs to another owner or another gateway. */
export function decryptSummary(key: Buffer, encrypted: string, owner: string | null): string | null {
  const bytes = Buffer.from(encrypted.slice(PREFIX.length), 'base64url');
  if (!isEncrypted(encrypted) || bytes.length < IV_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(boundTo(owner))
    .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  try {
    const summary = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES));
    return Buffer.concat([summary, decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}
