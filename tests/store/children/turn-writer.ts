// Takes turns for ever, four at a time, and prints what it has been promised: `begun <conversation> <answer>` and
// `ended <conversation> <answer> <text>`. It is to be killed.
import { writeSync } from 'node:fs';
import { openStore } from '../../../server/store/open-store.ts';

const [url = '', migrationsDir = '', ...conversations] = process.argv.slice(2);
const store = await openStore({ url, migrationsDir });

async function talkIn(conversationId: string): Promise<never> {
  for (let n = 0; ; n++) {
    const messages = [{ role: 'user' as const, prompt: `"${n}"`, text: `question ${n}` }];
    const turn = await store.conversations.beginTurn({
      conversationId,
      owner: null,
      userId: null,
      model: 'small',
      messages,
    });
    writeSync(1, `begun ${conversationId} ${turn.answerId}\n`);
    const text = `answer-${process.pid}-${n}`;
    const ended = { status: 'completed', reasoning: null, finishReason: 'stop', usage: null } as const;
    await store.conversations.endTurn({ ...turn, ...ended, prompt: JSON.stringify(text), text });
    writeSync(1, `ended ${conversationId} ${turn.answerId} ${text}\n`);
    await new Promise(setImmediate);
  }
}

await Promise.all(conversations.map(talkIn));
