import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Conversation } from '../../contracts/conversations/conversation.ts';
import { type CrashSite, openCrashSite } from '../support/open-crash-site.ts';
import { bearer } from '../support/start-gateway.ts';
import type { GatewayProcess } from '../support/start-process.ts';

const KILLS = 12;
const CLIENTS = 4;

let site: CrashSite;
beforeAll(async () => {
  site = await openCrashSite();
});
afterAll(() => site.close());

const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };

/** One client's conversation, and the messages whose turns were answered. */
interface Client {
  conversationId: string | null;
  readonly acknowledged: string[];
  turns: number;
}

/** Takes turns until the server is gone; half of them streamed. */
async function chat(server: GatewayProcess, client: Client, onTurn: () => void): Promise<void> {
  for (;;) {
    const message = `turn ${++client.turns} of ${CLIENTS}`;
    const stream = client.turns % 2 === 0;
    try {
      const response = await fetch(`${server.url}/c1/chat`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ model: 'chat', message, stream, conversation_id: client.conversationId }),
      });
      // A conversation whose first turn was cut off may be known to the client or not.
      client.conversationId ??= response.headers.get('x-conversation-id');
      const text = await response.text();
      expect(response.status, text).toBe(200);
      if (stream && !text.endsWith('data: [DONE]\n\n')) return;
      client.acknowledged.push(message);
      onTurn();
    } catch (error) {
      if (error instanceof TypeError) return;
      throw error;
    }
  }
}

async function readConversation(server: GatewayProcess, id: string): Promise<Conversation> {
  const response = await fetch(`${server.url}/c1/conversations/${id}`, { headers });
  expect(response.status).toBe(200);
  return (await response.json()) as Conversation;
}

function expectWhole(conversation: Conversation, acknowledged: readonly string[]): void {
  const { messages } = conversation;
  expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, i) => i + 1));
  expect(conversation.message_count).toBe(messages.length);
  for (const [i, message] of messages.entries()) {
    expect(message.role).toBe(i % 2 === 0 ? 'user' : 'assistant');
    expect(message.parent_id).toBe(messages[i - 1]?.id ?? null);
    expect(message.status).not.toBe('in_progress');
  }
  for (const said of acknowledged) {
    const at = messages.findIndex(({ content }) => content === said);
    expect(at, said).toBeGreaterThanOrEqual(0);
    expect(messages[at + 1], said).toMatchObject({ status: 'completed', content: 'Hello from upstream.' });
  }
}

test('kill -9 at any moment loses no acknowledged message and leaves no gap', async () => {
  const clients: Client[] = Array.from({ length: CLIENTS }, () => ({
    conversationId: null,
    acknowledged: [],
    turns: 0,
  }));
  let total = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const server = await site.start();
    for (const { conversationId, acknowledged } of clients) {
      if (conversationId) expectWhole(await readConversation(server, conversationId), acknowledged);
    }
    // A different point each time: after so many answers, while others are under way.
    const limit = total + 3 + ((kill * 7) % 11);
    await Promise.all(
      clients.map((client) =>
        chat(server, client, () => {
          if (++total >= limit) server.child.kill('SIGKILL');
        }),
      ),
    );
    await server.stop('SIGKILL');
  }
  const server = await site.start();
  for (const { conversationId, acknowledged } of clients) {
    expect(acknowledged.length).toBeGreaterThan(0);
    expectWhole(await readConversation(server, conversationId ?? ''), acknowledged);
  }
  expect(await server.stop('SIGTERM')).toBe(0);
});
