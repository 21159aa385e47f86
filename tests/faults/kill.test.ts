import { expect, inject, test } from 'vitest';
import { askBy } from '../support/faults/ask-everywhere.ts';
import { askMidway } from '../support/faults/ask-midway.ts';
import { checkFault, type Finding } from '../support/faults/check-fault.ts';
import { noteFault } from '../support/faults/note-fault.ts';
import { type ProcessScene, startProcessScene } from '../support/faults/start-process-scene.ts';
import { type Trace, type Transport, transports } from '../support/faults/trace.ts';

const KILLS = inject('kills');

/** Asks by one transport again and again, until the gateway is gone. */
async function askOn(scene: ProcessScene, transport: Transport, onEnd: (trace: Trace) => void): Promise<void> {
  for (;;) {
    const { trace, ended } = askBy(transport, scene);
    await ended;
    onEnd(trace);
    if (trace.end !== 'completed') return;
  }
}

/** One kill, after so many answers by all transports, while one answer by each stands in the middle. */
async function killUnderLoad(scene: ProcessScene, answers: number): Promise<readonly Trace[]> {
  const open = await askMidway(scene);
  const traces: Trace[] = [...open.traces];
  let left = answers;
  const onEnd = (trace: Trace) => {
    traces.push(trace);
    if (--left === 0) scene.server.child.kill('SIGKILL');
  };
  await Promise.all(transports.map((transport) => askOn(scene, transport, onEnd)));
  await scene.kill();
  await open.ended;
  expect(open.traces.map(({ end }) => end)).not.toContain('completed');
  return traces;
}

const add = (one: Finding, { ends, ...rest }: Finding): Finding => ({
  ...rest,
  acknowledged: one.acknowledged + rest.acknowledged,
  ends: {
    open: one.ends.open + ends.open,
    completed: one.ends.completed + ends.completed,
    failed: one.ends.failed + ends.failed,
    cut: one.ends.cut + ends.cut,
  },
});

const NAME = `The gateway is killed (kill -9) under load with answers in progress, ${KILLS} times`;

test(NAME, { timeout: 3_600_000 }, async (context) => {
  const scene = await startProcessScene(2 * transports.length);
  let all: Finding | null = null;
  for (let kill = 0; kill < KILLS; kill++) {
    // A different point each time: while the turns of some begin and those of others end.
    const traces = await killUnderLoad(scene, 5 + ((kill * 7) % 23));
    await scene.start();
    const finding = await checkFault(scene, traces, { isKilled: true });
    all = all ? add(all, finding) : finding;
  }
  expect(all?.ends.completed).toBeGreaterThan(KILLS);
  if (all) noteFault(context, all);
});
