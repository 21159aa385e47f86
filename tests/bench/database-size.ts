// How many bytes of the database a stored message takes, with its words in the search. See docs/sizing.md.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openStore } from '../../server/store/open-store.ts';

const TURNS = 1_500;
/** In characters: what people ask is shorter than what they are answered. */
const QUESTION = 200;
const ANSWER = 800;
const TURNS_OF_CONVERSATION = 20;

const words = 'How does a token bucket limit requests and when would I take a sliding window instead of it'.split(' ');

function textOf(length: number, seed: number): string {
  let text = '';
  for (let i = 0; text.length < length; i++) text += `${words[(i * 7 + seed) % words.length]} `;
  return text;
}

const folder = mkdtempSync(join(tmpdir(), 'duplex-size-'));
const file = join(folder, 'size.db');
// The threads of the store keep no process alive, as the server's socket does.
const awake = setInterval(() => undefined, 60_000);
try {
  const migrationsDir = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));
  const store = await openStore({ url: `file:${file}`, migrationsDir });
  let conversationId: string | null = null;
  for (let i = 0; i < TURNS; i++) {
    const [question, answer] = [textOf(QUESTION, i), textOf(ANSWER, i + 3)];
    const turn = await store.conversations.beginTurn({
      conversationId: i % TURNS_OF_CONVERSATION === 0 ? null : conversationId,
      owner: null,
      userId: null,
      model: 'm',
      messages: [{ role: 'user', prompt: JSON.stringify(question), text: question }],
    });
    conversationId = turn.conversationId;
    await store.conversations.endTurn({
      ...turn,
      status: 'completed',
      reasoning: null,
      finishReason: 'stop',
      usage: null,
      prompt: JSON.stringify(answer),
      text: answer,
    });
  }
  // The search is filled in the background; until then a list does not know how many fit.
  const anything = { owner: null, userId: null, limit: 1, offset: 0, query: 'token' };
  while ((await store.conversations.list(anything)).isLowerBound) await sleep(100);
  await store.close();
  console.log(`${Math.round(statSync(file).size / (2 * TURNS))} bytes for each of ${2 * TURNS} messages`);
} finally {
  clearInterval(awake);
  rmSync(folder, { recursive: true, force: true });
}
