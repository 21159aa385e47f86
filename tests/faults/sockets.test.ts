import { expect, test } from 'vitest';
import { askEverywhere } from '../support/faults/ask-everywhere.ts';
import { askMidway } from '../support/faults/ask-midway.ts';
import { checkFault, nothingOpen, openCounts } from '../support/faults/check-fault.ts';
import { noteFault } from '../support/faults/note-fault.ts';
import { startScene } from '../support/faults/start-scene.ts';
import { phasedAnswer } from '../support/upstream/scripts/phases.ts';

const quickly = { provider: 'first_byte_seconds: 1, idle_seconds: 1' };

test('The connections to the upstream go silent without an end, in the middle of answers', async (context) => {
  // Long enough for a busy machine to come as far as the middle. Whole answers have no byte yet.
  const scene = await startScene({ provider: 'first_byte_seconds: 20, idle_seconds: 10' });
  const { traces, ended, goOn } = await askMidway(scene);
  scene.back.freeze();
  goOn();
  await ended;
  scene.back.thaw();
  const finding = await checkFault(scene, traces);
  expect(finding.ends.cut).toBe(0);
  noteFault(context, finding);
});

test('The upstream takes connections and says nothing', async (context) => {
  const scene = await startScene(quickly);
  scene.back.connections = 'hang';
  const { traces, ended } = askEverywhere(scene);
  await ended;
  scene.back.connections = 'pass';
  const finding = await checkFault(scene, traces);
  expect(finding.ends.failed).toBe(traces.length);
  noteFault(context, finding);
});

test('The connections of clients go silent without an end, in the middle of answers', async (context) => {
  const scene = await startScene();
  const { traces, ended, goOn } = await askMidway(scene);
  scene.front.freeze();
  goOn();
  await scene.upstream.waitFor(({ open }) => open === 0, 'the end of every answer');
  // Only now does anybody hear of it.
  scene.front.cut();
  await ended;
  noteFault(context, await checkFault(scene, traces));
});

test('The connections of clients break in the middle of answers', async (context) => {
  const scene = await startScene();
  const { traces, ended, goOn } = await askMidway(scene);
  scene.front.cut();
  await ended;
  goOn();
  const finding = await checkFault(scene, traces);
  // A client of the background may have begun to follow only after the cut.
  expect(finding.ends.cut).toBeGreaterThanOrEqual(traces.length - 1);
  noteFault(context, finding);
});

test('Clients read nothing more in the middle of answers of 8 MB', async (context) => {
  const scene = await startScene();
  // More than the buffers on the way hold.
  const long = Array.from({ length: 128 }, (_, i) => String(i).padEnd(64 * 1024));
  const { traces, ended, goOn } = await askMidway(scene, { ...phasedAnswer, text: ['One', ' two', ...long] });
  scene.front.freeze();
  goOn();
  // The gateway gives up the connections by itself.
  await expect.poll(() => openCounts({ url: scene.gatewayUrl }), { timeout: 60_000 }).toEqual(nothingOpen);
  scene.front.cut();
  await ended;
  noteFault(context, await checkFault(scene, traces));
});
