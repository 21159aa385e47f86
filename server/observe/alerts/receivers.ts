import { randomBytes } from 'node:crypto';
import type { Alert, AlertType } from './alert.ts';
import { signWebhook } from './sign-webhook.ts';

/** Where alerts go. */
export interface AlertTargets {
  /** Gets JSON that is signed. */
  readonly webhook: { readonly url: string; readonly secret: Buffer } | null;
  /** The address of an incoming webhook of Slack, or of a server that takes the same form. */
  readonly slackUrl: string | null;
}

/** What is sent to them, and how often. */
export interface AlertSettings extends AlertTargets {
  readonly types: ReadonlySet<AlertType>;
  /** The period in which one alert of each type and subject is sent, in ms; 0: every alert is sent. */
  readonly everyMs: number;
}

/** One message to one receiver, ready to be sent as often as it takes. */
export interface Message {
  /** The setting that has the address. */
  readonly setting: 'ALERT_WEBHOOK_URL' | 'ALERT_SLACK_URL';
  readonly url: string;
  readonly body: string;
  /** Made for each attempt. */
  headers(now: Date): Record<string, string>;
  readonly raisedAt: Date;
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** An alert in the form of each receiver. */
export function messagesOf({ type, text, data }: Alert, { webhook, slackUrl }: AlertTargets): Message[] {
  const raisedAt = new Date();
  const messages: Message[] = [];
  if (webhook) {
    const id = `msg_${randomBytes(16).toString('hex')}`;
    const body = JSON.stringify({ type, timestamp: raisedAt.toISOString(), data: { ...data, text } });
    const headers = (now: Date) => ({
      ...JSON_TYPE,
      ...signWebhook({ id, timestamp: Math.floor(now.getTime() / 1000), body }, webhook.secret),
    });
    messages.push({ setting: 'ALERT_WEBHOOK_URL', url: webhook.url, body, headers, raisedAt });
  }
  if (slackUrl !== null) {
    const body = JSON.stringify({ text: `Duplex: ${text}` });
    messages.push({ setting: 'ALERT_SLACK_URL', url: slackUrl, body, headers: () => JSON_TYPE, raisedAt });
  }
  return messages;
}
