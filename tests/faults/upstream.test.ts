import { expect, test } from 'vitest';
import { askEverywhere } from '../support/faults/ask-everywhere.ts';
import { askMidway } from '../support/faults/ask-midway.ts';
import { checkFault } from '../support/faults/check-fault.ts';
import { noteFault } from '../support/faults/note-fault.ts';
import { startScene } from '../support/faults/start-scene.ts';
import { failAt, phases } from '../support/upstream/scripts/phases.ts';

const cases = (['killed', 'silent'] as const).flatMap((failure) =>
  phases.map((phase) => [`The upstream is ${failure} ${phase}`, failure, phase] as const),
);

test.for(cases)('%s', async ([, failure, phase], context) => {
  const scene = await startScene({ provider: 'first_byte_seconds: 1, idle_seconds: 1' });
  scene.upstream.on('test-model', failAt(phase, failure));
  const { traces, ended } = askEverywhere(scene);
  await ended;
  scene.upstream.on('test-model');
  const finding = await checkFault(scene, traces);
  // Every client is told what became of its answer.
  expect([finding.ends.open, finding.ends.cut]).toEqual([0, 0]);
  noteFault(context, finding);
});

test('The upstream is gone, and back on the same address', async (context) => {
  const scene = await startScene();
  const asked = await askMidway(scene);
  scene.back.connections = 'refuse';
  scene.back.cut();
  await asked.ended;
  const refused = askEverywhere(scene);
  await refused.ended;
  scene.back.connections = 'pass';
  noteFault(context, await checkFault(scene, [...asked.traces, ...refused.traces]));
});
