// What one process needs of memory, alone and for each open stream. See docs/sizing.md.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { killAll, runNode, stopAll } from './processes.mjs';
import { loadCpu, startTargets } from './targets.mjs';
import { leaving, models, warmups } from './tests.mjs';

/** The first ones make the heap grow to its working size; what the others add is theirs. */
const FIRST_STREAMS = 300;
const STREAMS = 600;
/** A gateway closes connections of one address that show no key, when too many come at once. */
const AT_ONCE = 100;
const loadScript = fileURLToPath(new URL('./load.mjs', import.meta.url));

/** In bytes; of the process and its children the first alone, for the embedded model is not used here. */
const residentOf = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

const load = async ({ port, headers }, path, plan) =>
  JSON.parse(
    await runNode({
      script: loadScript,
      args: [JSON.stringify({ path, port, headers, ...plan })],
      cpu: loadCpu,
      timeoutMs: 60_000,
    }),
  );

async function openStreams({ port, headers, path }, count) {
  const controller = new AbortController();
  const options = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } };
  const body = JSON.stringify(leaving.body);
  const open = async () => {
    const url = `http://127.0.0.1:${port}${path}`;
    const { body: stream } = await fetch(url, { ...options, body, signal: controller.signal });
    const reader = stream.getReader();
    await reader.read();
    // Read on, as clients do.
    (async () => {
      while (!(await reader.read()).done);
    })().catch(() => {});
  };
  for (let left = count; left > 0; left -= AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, open));
  }
  return () => controller.abort();
}

const folder = mkdtempSync(join(tmpdir(), 'duplex-sizing-'));
try {
  const { targets } = await startTargets({ folder, models });
  const gateway = targets.find(({ name }) => name === 'gateway');
  if (!gateway || gateway.failed) throw new Error('The gateway did not start.');
  await load(gateway, gateway.path, { ...warmups.json, seconds: 2 });
  const idle = residentOf(gateway.pid);
  const leaveFirst = await openStreams(gateway, FIRST_STREAMS);
  await sleep(3_000);
  const some = residentOf(gateway.pid);
  const leave = await openStreams(gateway, STREAMS);
  await sleep(3_000);
  const busy = residentOf(gateway.pid);
  leaveFirst();
  leave();

  console.log(`memory of the process, idle:        ${Math.round(idle / 1e6)} MB`);
  console.log(`memory of one open stream:          ${Math.round((busy - some) / STREAMS / 1000)} KB`);
} finally {
  await stopAll();
  killAll();
  rmSync(folder, { recursive: true, force: true });
}
