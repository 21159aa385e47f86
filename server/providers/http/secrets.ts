const secrets = new Set<string>();

/** Shorter keys are not searched for, since they would be found inside ordinary words. */
const SHORTEST = 6;

/** Keeps what must never leave the gateway, such as a provider's key, however it looks. */
export function keepSecret(secret: string | undefined): void {
  if (!secret || secret.length < SHORTEST) return;
  const inJson = JSON.stringify(secret).slice(1, -1);
  const inBase64 = Buffer.from(secret).toString('base64');
  for (const form of [secret, inJson, encodeURIComponent(secret), inBase64]) secrets.add(form);
}

/** Takes every kept secret out of a text. */
export function withoutSecrets(text: string): string {
  let out = text;
  for (const secret of secrets) if (out.includes(secret)) out = out.replaceAll(secret, '[redacted]');
  return out;
}
