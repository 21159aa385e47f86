// Prints the figures of docs/sizing.md in the form of that page. Takes about five minutes, and ten at most.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { load, measure } from './measure.mjs';
import { measureStream } from './memory.mjs';
import { canPin, cpuIsMeasured, killAll, stopAll } from './processes.mjs';
import { median } from './report.mjs';
import { MESSAGES_OF_CONVERSATION, measureStarts } from './starts.mjs';
import { startTargets } from './targets.mjs';
import { models, warmups } from './tests.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    messages: { type: 'string', default: '100000' },
  },
});
const rounds = Math.min(10, Math.max(1, Number(values.rounds) || 3));
const seconds = Math.min(30, Math.max(1, Number(values.seconds) || 4));
const conversations = Math.round((Number(values.messages) || 100_000) / MESSAGES_OF_CONVERSATION);
const messages = Math.min(25_000, Math.max(1, conversations)) * MESSAGES_OF_CONVERSATION;
const GIVE_UP_MS = 600_000;

const thousands = (value) => Math.round(value).toLocaleString('en');
/** Two digits are as much as these figures are worth. */
const rounded = (value) => thousands(Number(value.toPrecision(2)));
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const loads = [
  { test: 'json16', what: 'JSON requests to `/v1`, 16 connections', of: 'request' },
  { test: 'sse100', what: 'streams at `/v1`, 100 of 33 tokens a second', of: 'chunk', rate: 33 },
  { test: 'sse500', what: 'streams at `/v1`, 500 of 50 tokens a second', of: 'chunk', rate: 50 },
  { test: 'turns', what: 'turns of `/c1/chat` with 20 messages of history', of: 'turn' },
];

async function measureCpu(gateway) {
  for (const plan of Object.values(warmups)) await load(gateway, plan);
  const records = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const { test } of loads) records.push(await measure(gateway, test, { round, seconds }));
  }
  return records;
}

function showCpu(records) {
  const rows = loads.map(({ test, what, of, rate }) => {
    const cpu = median(records.filter((record) => record.test === test).map((record) => record.cpu));
    const carried = 1_000_000 / cpu;
    const streams = rate ? `, ${rounded(carried / rate)} streams` : '';
    return [what, `${Math.round(cpu)} µs a ${of}`, `${rounded(carried)} ${of}s a second${streams}`];
  });
  return table(['load', 'CPU', 'so one core carries about'], rows);
}

/** In bytes for each message, by a program that writes turns as the gateway does. */
async function measureDatabase() {
  const script = fileURLToPath(new URL('./database-size.ts', import.meta.url));
  const tsx = fileURLToPath(new URL('../../node_modules/.bin/tsx', import.meta.url));
  const { stdout } = await promisify(execFile)(tsx, [script], { timeout: GIVE_UP_MS });
  return Number(/^\d+/.exec(stdout)?.[0]);
}

async function main(folder) {
  const begun = performance.now();
  const { targets } = await startTargets({ folder, models, hasBare: false });
  const gateway = targets.find(({ name }) => name === 'gateway');
  if (!gateway || gateway.failed) throw new Error('The gateway did not start. Run `npm run build`.');
  const memory = await measureStream(gateway);
  const records = await measureCpu(gateway);
  await stopAll();
  const perMessage = await measureDatabase();
  const starts = await measureStarts(folder, messages);

  const errors = records.reduce((sum, record) => sum + record.errors, 0);
  const others = median(records.map((record) => record.others));
  const [{ model }] = cpus();
  const pinned = canPin ? 'the gateway pinned to one core' : 'no process pinned';
  console.log(
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${model}), Node.js ${process.version}, ${pinned}`,
  );
  console.log(
    `${thousands((performance.now() - begun) / 1000)} s; failed requests: ${errors}; cores that others used: ${others.toFixed(2)}`,
  );
  if (!cpuIsMeasured)
    console.log('CPU and memory are not measured on this system: they are read from /proc, which only Linux has.');
  console.log(`\n${showCpu(records)}\n`);
  console.log(
    table(
      ['memory', ''],
      [
        ['the process, warm', `${Math.round(memory.idle / 1e6)} MB`],
        ['an open stream', `${Math.round(memory.stream / 1000)} KB`],
      ],
    ),
  );
  const kilobytes = (perMessage / 1000).toFixed(1);
  console.log(
    `\n${table(['database', ''], [['a stored message of 500 characters, with its words in the search', `${kilobytes} KB: ${kilobytes} GB a million`]])}\n`,
  );
  console.log(
    table(
      ['start, until `/healthz` answers', ''],
      [
        ['with an empty database', `${Math.round(starts.empty)} ms`],
        [`with ${thousands(messages)} messages`, `${Math.round(starts.full)} ms`],
      ],
    ),
  );
  if (errors > 0) process.exitCode = 1;
}

const folder = mkdtempSync(join(tmpdir(), 'duplex-sizing-'));
const giveUp = setTimeout(() => {
  console.error(`The figures were not there after ${GIVE_UP_MS / 60_000} minutes.`);
  process.exit(1);
}, GIVE_UP_MS).unref();
process.on('exit', () => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
try {
  await main(folder);
} finally {
  clearTimeout(giveUp);
  await stopAll();
}
