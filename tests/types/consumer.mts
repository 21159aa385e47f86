/** A front end as somebody else writes it: compiled and run outside of this tree, against the packed package. */
import { createGateway, type GatewayErrorCode, isGatewayError, type Turn } from '@duplex/client';
import { WebSocket } from 'ws';

const gateway = createGateway({
  baseUrl: process.env.GATEWAY_URL ?? '',
  apiKey: async () => process.env.GATEWAY_KEY ?? '',
  WebSocket,
});

const models = await gateway.models.list.query();
const ids: string[] = models.data.map((model) => model.id);
// @ts-expect-error: a model has no such field.
const nothing: undefined = models.data[0]?.nothing;
// @ts-expect-error: a query is not a mutation.
void gateway.models.list.mutate;
// @ts-expect-error: no such procedure.
void gateway.models.invent;

// @ts-expect-error: messages are missing.
const incomplete = (): unknown => gateway.v1.chat.create.mutate({ model: 'llama-4-scout' });
// @ts-expect-error: no such role.
const wrongRole = (): unknown => gateway.streamChat({ model: 'x', messages: [{ role: 'robot', content: 'Hi' }] });
// @ts-expect-error: a limit is a number.
const wrongLimit = (): unknown => gateway.conversations.list.query({ limit: '20' });

const turn: Turn = await gateway.c1.chat.create.mutate({ model: 'llama-4-scout', message: 'Hello', max_tokens: 8 });
const conversation_id: string = turn.conversation_id;
const finish: string | null | undefined = turn.choices[0]?.finish_reason;
const total: number | undefined = turn.usage?.total_tokens;
const call: string | undefined = turn.choices[0]?.message.tool_calls?.[0]?.function?.arguments;

let text = '';
for await (const chunk of gateway.streamTurn({ model: 'llama-4-scout', message: 'Again', conversation_id })) {
  // @ts-expect-error: a choice has a delta, not a message's content.
  const wrong: string = chunk.choices[0]?.delta;
  const piece: string | null | undefined = chunk.choices[0]?.delta.content;
  text += piece ?? '';
  void wrong;
}

const known: GatewayErrorCode[] = ['conversation_busy', 'connection_lost'];
// @ts-expect-error: no such code.
known.push('conversation_bsuy');

try {
  for await (const chunk of gateway.streamChat({ model: 'nobody', messages: [{ role: 'user', content: 'Hi' }] })) {
    const model: string = chunk.model;
    void model;
  }
} catch (error) {
  if (!isGatewayError(error)) throw error;
  // @ts-expect-error: the codes are known.
  if (error.code === 'nonsense') throw error;
  const param: string | null = error.param;
  console.log(JSON.stringify({ ids: ids.length, text, code: error.code, param, status: error.status }));
}
await gateway.close();
void [finish, total, call, nothing, incomplete, wrongRole, wrongLimit];
