import { setTimeout as sleep } from 'node:timers/promises';
import { LogList } from '../../contracts/system/logs.ts';
import { type Env, loadEnv } from '../env.ts';
import { readableLines } from '../observe/open-log.ts';
import { callGateway, notTheGateway, readBearer } from './call-gateway.ts';
import type { Outcome } from './outcome.ts';
import { parseOptions } from './parse-options.ts';

/** How often `--follow` asks for new lines, in ms. */
const FOLLOW_MS = 1_000;
/** Lines that `--follow` itself causes in the log at `debug`. */
const OWN = 'GET /api/logs';

const options = {
  level: { type: 'string' },
  limit: { type: 'string' },
  follow: { type: 'boolean', short: 'f' },
  json: { type: 'boolean' },
} as const;

async function ask(env: Env, query: Readonly<Record<string, string | undefined>>): Promise<LogList['items']> {
  const url = new URL(`${env.gatewayUrl}/api/logs`);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  const { text } = await callGateway(env, url, readBearer(env));
  try {
    return LogList.parse(JSON.parse(text)).items;
  } catch (cause) {
    throw notTheGateway(cause);
  }
}

/** `duplex logs`: the newest lines of the gateway's log, and with `--follow` those that come. */
export async function showLogs(args: readonly string[]): Promise<Outcome> {
  const { level, limit, follow, json } = parseOptions('logs', args, { options }).values;
  const env = loadEnv();
  const show = json ? String : readableLines(process.stdout.isTTY);
  let last = 0;
  const print = (items: LogList['items']) => {
    for (const { id, line } of items) {
      last = id;
      if (line.op !== OWN) process.stdout.write(show(`${JSON.stringify(line)}\n`));
    }
  };
  print(await ask(env, { level, limit }));
  while (follow) {
    await sleep(FOLLOW_MS);
    print(await ask(env, { level, limit: '1000', after: String(last) }));
  }
  return { text: '' };
}
