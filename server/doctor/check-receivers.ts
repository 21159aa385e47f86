import { connect } from 'node:net';
import type { Env } from '../env.ts';
import { type Finding, messageOf, ok, problem } from './finding.ts';

const CONNECT_MS = 3_000;

/** Opens a connection and closes it. The address may be a secret, so messages only show its host. */
function tryConnection(url: URL): Promise<void> {
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port, timeout: CONNECT_MS });
  const answered = new Promise<void>((resolve, reject) => {
    socket.once('connect', () => resolve());
    socket.once('timeout', () => reject(new Error(`no connection within ${CONNECT_MS / 1000} s`)));
    socket.once('error', reject);
  });
  return answered.finally(() => socket.destroy());
}

async function checkReceiver(subject: string, setting: string, address: string): Promise<Finding> {
  const url = new URL(address);
  try {
    await tryConnection(url);
    return ok(subject, `${url.host} accepts connections (${setting}).`);
  } catch (error) {
    const what = `${url.host} cannot be reached (${messageOf(error)}).`;
    return problem(subject, what, `Start the receiver, or correct ${setting}.`);
  }
}

/** Checks who gets alerts and traces. Nothing is sent to them. */
export function checkReceivers({ alerts, traces }: Env): Promise<Finding[]> {
  const receivers: (readonly [subject: string, setting: string, address: string | null | undefined])[] = [
    ['alerts', 'ALERT_WEBHOOK_URL', alerts?.webhook?.url],
    ['alerts', 'ALERT_SLACK_URL', alerts?.slackUrl],
    ['traces', 'OTEL_EXPORTER_OTLP_ENDPOINT', traces?.endpoint],
  ];
  return Promise.all(
    receivers.flatMap(([subject, setting, address]) => (address ? [checkReceiver(subject, setting, address)] : [])),
  );
}
