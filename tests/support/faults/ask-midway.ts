import type { Answer } from '../upstream/answer.ts';
import type { Script } from '../upstream/exchange.ts';
import { createGate } from '../upstream/gate.ts';
import { answer } from '../upstream/scripts/answers.ts';
import { phasedAnswer } from '../upstream/scripts/phases.ts';
import { type Asked, askEverywhere } from './ask-everywhere.ts';
import type { Scene } from './check-fault.ts';
import { transports } from './trace.ts';

export interface Midway extends Asked {
  /** Lets the answers go on to their ends. */
  goOn(): void;
}

/** Asks by every transport, and resolves when all answers stand in the middle: two tokens of each have come. */
export async function askMidway(scene: Scene, said: Answer = phasedAnswer): Promise<Midway> {
  const gates = transports.map(() => createGate());
  const scripts = gates.map(
    (gate): Script =>
      (exchange) => {
        // An answer as JSON comes at once or not at all.
        if (exchange.request.asked.stream) gate.release(2);
        return answer({ ...said, gate })(exchange);
      },
  );
  scene.upstream.reply(...scripts);
  const before = scene.upstream.chats.length;
  const { traces, ended } = askEverywhere(scene);
  await scene.upstream.waitFor(
    ({ chats }) => chats.length === before + transports.length,
    'a question by every transport',
  );
  const streamed = scene.upstream.chats.slice(before).filter(({ asked }) => asked.stream);
  // The role, and two tokens.
  await scene.upstream.waitFor(() => streamed.every(({ written }) => written >= 3), 'two tokens of every answer');
  return {
    traces,
    ended,
    goOn() {
      for (const gate of gates) gate.open();
    },
  };
}
