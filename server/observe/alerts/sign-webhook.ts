import { createHmac } from 'node:crypto';

/** The prefix of secrets in the Standard Webhooks scheme; base64 follows. */
const PREFIX = 'whsec_';

/** The bytes of a secret. Null: the text is not a secret, which has 24 to 64 bytes. */
export function readWebhookSecret(secret: string): Buffer | null {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : '';
  const bytes = Buffer.from(encoded, 'base64');
  const isExact = bytes.toString('base64').replace(/=+$/, '') === encoded.replace(/=+$/, '');
  return isExact && bytes.length >= 24 && bytes.length <= 64 ? bytes : null;
}

interface Signed {
  /** The id of the message. All attempts to deliver it have the same one. */
  readonly id: string;
  /** The time of the attempt, in whole seconds since the epoch. */
  readonly timestamp: number;
  readonly body: string;
}

/** The headers of a signed webhook: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export function signWebhook({ id, timestamp, body }: Signed, secret: Buffer): Record<string, string> {
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` };
}
