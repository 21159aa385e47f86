// How long the gateway takes to start, with an empty database and with one that is full.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, startNode } from './processes.mjs';
import { median } from './report.mjs';
import { clean, gatewayScript, key, proxyCpu } from './targets.mjs';

const STARTS = 3;
const START_MS = 60_000;
export const MESSAGES_OF_CONVERSATION = 40;
const words = 'How does a token bucket limit requests and when would I take a sliding window instead of it'.split(' ');

async function start(folder, data) {
  const port = await freePort();
  const env = {
    ...clean(),
    PORT: String(port),
    DATA_DIR: data,
    API_BEARER: key,
    DETECT_LOCAL: 'off',
  };
  const begun = performance.now();
  const child = startNode({ name: 'start', script: gatewayScript, env, cpu: proxyCpu, folder });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(url))) {
    if (child.exitCode !== null || performance.now() - begun > START_MS) throw new Error('The gateway did not start.');
    await sleep(5);
  }
  const ms = performance.now() - begun;
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  return { url, ms, stop };
}

async function answers(url) {
  try {
    return (await fetch(`${url}/healthz`)).ok;
  } catch {
    return false;
  }
}

async function timeStarts(folder, data) {
  const times = [];
  for (let i = 0; i < STARTS; i += 1) {
    const { ms, stop } = await start(folder, data);
    times.push(ms);
    await stop();
  }
  return median(times);
}

const textOf = (length, seed) => {
  let text = '';
  for (let i = 0; text.length < length; i += 1) text += `${words[(i * 7 + seed) % words.length]} `;
  return text;
};

/** Conversations in the form of OpenAI's messages, one a line. */
function* conversations(messages) {
  for (let i = 0; i < messages; i += MESSAGES_OF_CONVERSATION) {
    const list = Array.from({ length: MESSAGES_OF_CONVERSATION }, (_, at) => ({
      role: at % 2 ? 'assistant' : 'user',
      // The number makes each conversation a new one: an import leaves out what is already there.
      content: `${i + at}: ${textOf(at % 2 ? 800 : 200, i + at)}`,
    }));
    yield `${JSON.stringify({ messages: list })}\n`;
  }
}

async function fill(url, messages) {
  const response = await fetch(`${url}/c1/conversations/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' },
    body: [...conversations(messages)].join(''),
  });
  const report = await response.text();
  if (!report.includes(`"messages":${messages}`))
    throw new Error(`The messages were not imported: ${report.slice(-500)}`);
}

/** In ms, the median of several starts each. */
export async function measureStarts(folder, messages) {
  const data = join(folder, 'starts');
  mkdirSync(data, { mode: 0o700 });
  const empty = await timeStarts(folder, data);
  const { url, stop } = await start(folder, data);
  await fill(url, messages);
  await stop();
  return { empty, full: await timeStarts(folder, data) };
}
