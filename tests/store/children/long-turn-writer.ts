import { openStore } from '../../../server/store/open-store.ts';
import { longTurn } from '../long-turn.ts';

// Begins turns with long messages, one after the other, and says which of them it was told of.
const [url = '', migrationsDir = ''] = process.argv.slice(2);
const store = await openStore({ url, migrationsDir });
for (let i = 0; ; i++) {
  const { conversationId } = await store.conversations.beginTurn(longTurn(`said ${i}`));
  process.stdout.write(`${conversationId}\n`);
}
