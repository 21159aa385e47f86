import type { Env } from '../../env.ts';
import type { Alert } from './alert.ts';
import { deliver } from './deliver.ts';
import { messagesOf } from './receivers.ts';

/** Sends one alert from a command, which ends at once. Never throws: the command has something worse to tell. */
export async function alertOnce({ alerts }: Pick<Env, 'alerts'>, alert: Alert): Promise<void> {
  if (!alerts?.types.has(alert.type)) return;
  await Promise.allSettled(messagesOf(alert, alerts).map(deliver));
}
