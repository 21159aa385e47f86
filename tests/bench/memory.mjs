// What one process needs of memory, alone and for each open stream.
import { setTimeout as sleep } from 'node:timers/promises';
import { load } from './measure.mjs';
import { residentOf } from './processes.mjs';
import { leaving, warmups } from './tests.mjs';

/** The first ones make the heap grow to its working size; what the others add is theirs. */
const FIRST_STREAMS = 300;
const STREAMS = 600;
/** A gateway closes connections of one address that show no key, when too many come at once. */
const AT_ONCE = 100;

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

/** In bytes: of the warm process without streams, and of each stream. */
export async function measureStream(gateway) {
  await load(gateway, { ...warmups.json, seconds: 2 });
  const idle = residentOf(gateway.pid);
  const leaveFirst = await openStreams(gateway, FIRST_STREAMS);
  await sleep(3_000);
  const some = residentOf(gateway.pid);
  const leave = await openStreams(gateway, STREAMS);
  await sleep(3_000);
  const busy = residentOf(gateway.pid);
  leaveFirst();
  leave();
  return { idle, stream: (busy - some) / STREAMS };
}
