// The speed of the gateway next to a bare proxy, in one interleaved run. See README.md.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { load, measure } from './measure.mjs';
import { canPin, killAll, stopAll } from './processes.mjs';
import { printTables, printVerdicts } from './report.mjs';
import { startTargets } from './targets.mjs';
import { leaving, models, tests, warmups } from './tests.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'json1,json16,sse100,turns,leave' },
    check: { type: 'boolean', default: false },
  },
});
const rounds = Math.min(50, Math.max(1, Number(values.rounds) || 5));
const seconds = Math.min(60, Math.max(0.5, Number(values.seconds) || 3));
const chosen = values.only.split(',');
const unknown = chosen.filter((name) => name !== 'leave' && !(name in tests));
if (unknown.length) {
  console.error(`No such test: ${unknown.join(', ')}. There are ${Object.keys(tests).join(', ')} and leave.`);
  process.exit(2);
}

/** How many streams are still open upstream, at most 3 s after the clients left. */
async function settle(openStreams) {
  let open = await openStreams();
  for (let look = 0; look < 60 && open > 0; look += 1) {
    await sleep(50);
    open = await openStreams();
  }
  return open;
}

async function warmUp(targets) {
  for (const target of targets) {
    if (chosen.some((name) => tests[name]?.mode === 'json')) await load(target, warmups.json);
    if (chosen.includes('sse100')) await load(target, warmups.stream);
    if (chosen.includes('turns') && target.turnPath) await load(target, warmups.turns);
  }
}

async function main(folder) {
  const { targets: all, openStreams } = await startTargets({ folder, models });
  const targets = all.filter(({ failed }) => !failed);
  console.log(
    `${rounds} rounds of ${seconds} s${canPin ? ', proxies on cpu 0, load and upstream on cpu 1' : ', not pinned'}`,
  );
  await warmUp(targets);
  const records = [];
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 ? [...targets].reverse() : targets;
    for (const name of chosen.filter((one) => one in tests)) {
      for (const target of order) records.push(await measure(target, name, { round, seconds }));
    }
  }
  const left = [];
  if (chosen.includes('leave')) {
    for (const target of targets.filter(({ proxy }) => proxy)) {
      const seen = await load(target, leaving);
      if (seen.standing < leaving.connections) console.error(`${target.name}: only ${seen.standing} streams came up.`);
      const before = left.reduce((sum, [, count]) => sum + count, 0);
      left.push([target.name, (await settle(openStreams)) - before]);
    }
  }
  left.push(['all', await settle(openStreams)]);
  printTables(
    records,
    targets.map(({ name }) => name),
  );
  return printVerdicts({ records, left, chosen });
}

const folder = mkdtempSync(join(tmpdir(), 'duplex-bench-'));
process.on('exit', () => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
try {
  const good = await main(folder);
  process.exitCode = values.check && !good ? 1 : 0;
} finally {
  await stopAll();
}
