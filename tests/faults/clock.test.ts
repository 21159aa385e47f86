import { onTestFinished, test } from 'vitest';
import { askMidway } from '../support/faults/ask-midway.ts';
import { checkFault } from '../support/faults/check-fault.ts';
import { noteFault } from '../support/faults/note-fault.ts';
import { startScene } from '../support/faults/start-scene.ts';
import { setClock } from '../support/set-clock.ts';

const HOUR = 3_600_000;

test.for([
  ['The clock is set forward by two hours in the middle of answers', 2 * HOUR],
  ['The clock is set back by two hours in the middle of answers', -2 * HOUR],
  ['The clock is set forward by forty days in the middle of answers', 40 * 24 * HOUR],
] as const)('%s', async ([, byMs], context) => {
  const scene = await startScene();
  const { traces, ended, goOn } = await askMidway(scene);
  onTestFinished(setClock(byMs));
  goOn();
  await ended;
  const finding = await checkFault(scene, traces);
  noteFault(context, finding);
});
