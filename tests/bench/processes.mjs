// Starting, pinning, measuring and stopping the processes of the bench.
import { execFileSync, spawn } from 'node:child_process';
import { openSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const cpuIsMeasured = process.platform === 'linux';
export const canPin = cpuIsMeasured && availableParallelism() > 1 && works('taskset', ['-V']);
const ticksPerSecond = cpuIsMeasured ? Number(outputOf('getconf', ['CLK_TCK']) || 100) : 100;
const children = new Set();

function outputOf(command, args) {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

function works(command, args) {
  return outputOf(command, args) !== '';
}

const pinned = (cpu, command, args) => (canPin ? ['taskset', ['-c', String(cpu), command, ...args]] : [command, args]);

/** Starts a Node script; its output goes to `<name>.log` in the folder. */
export function startNode({ name, script, env, cpu, folder }) {
  const log = openSync(join(folder, `${name}.log`), 'w');
  const [command, args] = pinned(cpu, process.execPath, [script]);
  const child = spawn(command, args, { env, stdio: ['ignore', log, log] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Runs a Node script to its end and gives what it printed. */
export function runNode({ script, args, cpu, timeoutMs }) {
  const [command, all] = pinned(cpu, process.execPath, [script, ...args]);
  const child = spawn(command, all, {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  children.add(child);
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (part) => {
      output += part;
    });
    child.once('error', reject);
    child.once('close', () => {
      children.delete(child);
      resolve(output);
    });
  });
}

/** Asks all that was started to stop, and makes those stop that do not within 5 s. */
export async function stopAll() {
  const left = [...children];
  const gone = left.map((child) => new Promise((resolve) => child.once('exit', resolve)));
  for (const child of left) child.kill('SIGTERM');
  const timer = setTimeout(() => {
    for (const child of left) child.kill('SIGKILL');
  }, 5_000);
  await Promise.all(gone);
  clearTimeout(timer);
}

export function killAll() {
  for (const child of children) child.kill('SIGKILL');
}

function statOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // Behind the name in brackets: state, parent, …, user and system time as the 12th and 13th.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}

/** User and system time of a process and its living descendants, in µs; null where it cannot be known. */
export function cpuMicros(pid) {
  if (!cpuIsMeasured) return null;
  const all = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      all.set(Number(name), statOf(name));
    } catch {
      // It ended meanwhile.
    }
  }
  const family = [pid];
  let ticks = 0;
  for (const member of family) {
    ticks += all.get(member)?.ticks ?? 0;
    for (const [child, { parent }] of all) if (parent === member) family.push(child);
  }
  return (ticks * 1_000_000) / ticksPerSecond;
}

/** What a process holds in memory, without its children, in bytes; NaN where it cannot be known. */
export function residentOf(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
  } catch {
    return Number.NaN;
  }
}

/** What all processes of the machine used since it started, in µs of CPU time; NaN where it cannot be known. */
export function machineMicros() {
  if (!cpuIsMeasured) return Number.NaN;
  const [user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'latin1')
    .split(/\s+/, 8)
    .slice(1)
    .map(Number);
  return ((user + nice + system + irq + softirq) * 1_000_000) / ticksPerSecond;
}

/** A port that was free a moment ago. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Waits until the address answers 200; false after the time, or when the process ends. */
export async function isReady(child, url, timeoutMs) {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end && child.exitCode === null) {
    try {
      if ((await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok) return true;
    } catch {
      // Not yet.
    }
    await sleep(100);
  }
  return false;
}
