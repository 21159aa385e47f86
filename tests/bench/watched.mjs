// What open answers of `/c1/chat` cost, alone and with a watcher each: memory and CPU of the gateway. See docs/sizing.md.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpConnection } from './http-connection.mjs';
import { cpuMicros, killAll, machineMicros, residentOf, stopAll } from './processes.mjs';
import { startTargets } from './targets.mjs';

const STREAMS = Number(process.argv[2] ?? 1_000);
/** A token each so many ms: five a second, as a model on a small machine answers many people at once. */
const INTERVAL_MS = Number(process.argv[3] ?? 200);
const SECONDS = 5;
/** A gateway closes connections of one address that show no key, when too many come at once. */
const AT_ONCE = 20;
const model = `paced-100000-${INTERVAL_MS}`;

let events = 0;

/** Sends a request and resolves with the head of its answer when the first event has come. Its events are counted. */
function open({ port, headers }, { method, path, body = '' }) {
  const lines = Object.entries({ host: `127.0.0.1:${port}`, 'content-type': 'application/json', ...headers });
  const head = [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), ''].join('\r\n');
  return new Promise((resolve, reject) => {
    const connection = new HttpConnection({
      port,
      onBody(bytes) {
        for (let at = bytes.indexOf('\n\n'); at >= 0; at = bytes.indexOf('\n\n', at + 1)) events += 1;
        resolve({ head: connection.head, leave: () => connection.leave() });
      },
      onEnd: (status, answer) => reject(new Error(`The answer ended with status ${status}: ${answer}`)),
      onFail: () => reject(new Error('The connection was closed.')),
    });
    connection.socket.once('connect', () => connection.post(head, body));
  });
}

/** Opens all, some at a time. */
async function openAll(target, requests) {
  const opened = [];
  for (let at = 0; at < requests.length; at += AT_ONCE) {
    opened.push(...(await Promise.all(requests.slice(at, at + AT_ONCE).map((request) => open(target, request)))));
  }
  return opened;
}

async function measure({ pid }, what) {
  await sleep(3_000);
  const [eventsBefore, cpuBefore, machineBefore] = [events, cpuMicros(pid), machineMicros()];
  await sleep(SECONDS * 1_000);
  const cpu = cpuMicros(pid) - cpuBefore;
  const others = (machineMicros() - machineBefore - cpu) / (SECONDS * 1e6);
  const seen = events - eventsBefore;
  const figures = {
    memory: `${Math.round(residentOf(pid) / 1e6)} MB`,
    cpu: `${Math.round(cpu / SECONDS / 1e4)} % of a core`,
    events: `${Math.round(seen / SECONDS)} events a second to clients`,
    each: seen > 0 ? `${Math.round(cpu / seen)} µs an event` : '',
    others: `the rest of the machine used ${others.toFixed(1)} cores`,
  };
  console.log(`${what.padEnd(28)} ${Object.values(figures).filter(Boolean).join(', ')}`);
}

const folder = mkdtempSync(join(tmpdir(), 'duplex-watched-'));
try {
  const { targets } = await startTargets({ folder, models: [model], hasBare: false });
  const gateway = targets.find(({ name }) => name === 'gateway');
  if (!gateway || gateway.failed) throw new Error('The gateway did not start.');
  const turn = { method: 'POST', path: '/c1/chat', body: JSON.stringify({ model, message: 'Go on.', stream: true }) };
  // The first ones make the heap grow to its working size.
  const body = JSON.stringify({ ...JSON.parse(turn.body), on_disconnect: 'cancel' });
  const first = await openAll(gateway, Array(100).fill({ ...turn, body }));
  for (const { leave } of first) leave();
  await measure(gateway, 'idle');
  const streams = await openAll(gateway, Array(STREAMS).fill(turn));
  await measure(gateway, `${STREAMS} streams`);
  const watches = streams.map(({ head }) => {
    const run = /\r\nx-run-id: *(\S+)/i.exec(head)?.[1];
    return { method: 'GET', path: `/c1/runs/${run}/events` };
  });
  const watchers = await openAll(gateway, watches);
  await measure(gateway, `${STREAMS}, each watched`);
  for (const { leave } of [...streams, ...watchers]) leave();
} finally {
  await stopAll();
  killAll();
  rmSync(folder, { recursive: true, force: true });
}
