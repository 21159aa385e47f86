// Preloaded into a server (`node --import`): the longest stretch of CPU time that its main thread has used between two
// turns of the event loop. CPU time, because on a busy machine other processes make every stretch look longer.
import { openSync, readSync } from 'node:fs';
import { createServer } from 'node:net';
import { isMainThread } from 'node:worker_threads';

const buffer = Buffer.alloc(128);

/** Reads the CPU time of the main thread, in ms. Linux counts it for each thread; elsewhere it is that of the process. */
function createClock() {
  try {
    const file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
    return () => {
      const length = readSync(file, buffer, 0, buffer.length, 0);
      return Number(buffer.toString('latin1', 0, length).split(' ')[0]) / 1e6;
    };
  } catch {
    return () => process.cpuUsage().user / 1e3;
  }
}

const cpuMs = createClock();
let last = cpuMs();
let longest = 0;

function tick() {
  const now = cpuMs();
  longest = Math.max(longest, now - last);
  last = now;
  setTimeout(tick, 1).unref();
}
/** Each connection is told the longest stretch since the one before, and is closed. */
function answer() {
  createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(String(longest));
    longest = 0;
  })
    .listen(Number(process.env.STALL_PROBE_PORT), '127.0.0.1')
    .unref();
}

if (isMainThread) {
  tick();
  answer();
}
