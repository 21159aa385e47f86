// One run of a load against one target, and what it cost.
import { fileURLToPath } from 'node:url';
import { cpuMicros, machineMicros, runNode } from './processes.mjs';
import { loadCpu } from './targets.mjs';
import { tests } from './tests.mjs';

const loadScript = fileURLToPath(new URL('./load.mjs', import.meta.url));

/** One run of the load against one target, with the CPU time that the target spent on it. */
export async function load(target, plan) {
  const { port, headers, path } = target;
  const before = cpuMicros(target.pid);
  const upstreamBefore = cpuMicros(target.upstreamPid);
  const machineBefore = machineMicros();
  const begun = performance.now();
  const output = await runNode({
    script: loadScript,
    args: [JSON.stringify({ path: plan.mode === 'turns' ? target.turnPath : path, port, headers, ...plan })],
    cpu: loadCpu,
    timeoutMs: (plan.seconds + (plan.warmSeconds ?? 0) + 20) * 1000,
  });
  if (!output) throw new Error(`The load against ${target.name} did not end in time.`);
  const cpu = before === null ? Number.NaN : cpuMicros(target.pid) - before;
  const seen = JSON.parse(output);
  const wallMicros = (performance.now() - begun) * 1000;
  const upstream = target.proxy ? cpuMicros(target.upstreamPid) - upstreamBefore : 0;
  const others = machineMicros() - machineBefore - cpu - upstream - seen.cpuMicros;
  return { ...seen, cpuMicros: cpu, wallMicros, others: Math.max(0, others / wallMicros) };
}

/** The figures of one test in one round. */
export async function measure(target, name, { round, seconds }) {
  const { title: _title, unit, turnBody, ...test } = tests[name];
  const asTurns = turnBody && target.turnPath ? { mode: 'turns', body: turnBody } : {};
  const seen = await load(target, { ...test, ...asTurns, seconds, warmSeconds: 0.5 });
  if (seen.errors) console.error(`${target.name}, ${name}: ${seen.errors} errors, the first: ${seen.firstError}`);
  return {
    test: name,
    target: target.name,
    round,
    cpu: seen.cpuMicros / seen[unit],
    perSecond: unit === 'events' ? (seen.events * 1_000_000) / seen.wallMicros : seen.perSecond,
    p50: seen.p50,
    first50: seen.first50,
    busy: seen.cpuMicros / seen.wallMicros,
    loadBusy: seen.busy,
    others: seen.others,
    errors: seen.errors,
  };
}
