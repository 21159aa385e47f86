// Prints `ready`; for each line `<conversation>` on stdin begins a turn there and prints `begun` or the error's code;
// at the line `end` ends all that it has begun and prints `ended`.
import { createInterface } from 'node:readline';
import { AppError } from '../../../server/errors/app-error.ts';
import type { BegunTurn } from '../../../server/store/interface/turns.ts';
import { openStore } from '../../../server/store/open-store.ts';

const [url = '', migrationsDir = ''] = process.argv.slice(2);
const store = await openStore({ url, migrationsDir });
const begun: BegunTurn[] = [];
console.log('ready');

for await (const line of createInterface(process.stdin)) {
  if (line === 'end') {
    for (const { conversationId, answerId } of begun.splice(0)) {
      await store.conversations.endTurn({
        conversationId,
        answerId,
        status: 'completed',
        prompt: '{}',
        text: 'answer',
        reasoning: null,
        finishReason: 'stop',
        usage: null,
      });
    }
    console.log('ended');
    continue;
  }
  try {
    const messages = [{ role: 'user' as const, prompt: '{}', text: `from ${process.pid}` }];
    begun.push(
      await store.conversations.beginTurn({
        conversationId: line,
        owner: null,
        userId: null,
        model: 'small',
        messages,
      }),
    );
    console.log('begun');
  } catch (error) {
    console.log(error instanceof AppError ? error.code : String(error));
  }
}
