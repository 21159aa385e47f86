import type { ChatCompletionRequest, Gateway, MessageRequest, ResponseRequest, TurnRequest } from '@duplex/client';
import type { AnswerEvent } from '../answer.ts';
import type { Body, Surface } from '../draft.ts';
import { readChunk } from './read-chat.ts';
import { createMessageReader } from './read-message.ts';
import { createResponseReader } from './read-response.ts';

/* What is edited as JSON can be anything: the gateway checks it, and says which field is at fault. */
const isTurn = (body: Body): body is TurnRequest => 'model' in body;
const isChat = (body: Body): body is ChatCompletionRequest => 'model' in body;
const isResponse = (body: Body): body is ResponseRequest => 'model' in body;
const isMessage = (body: Body): body is MessageRequest => 'model' in body;

async function* mapped<In>(stream: AsyncIterable<In>, read: (item: In) => AnswerEvent[]): AsyncGenerator<AnswerEvent> {
  for await (const item of stream) yield* read(item);
}

export interface Asked {
  readonly surface: Surface;
  readonly body: Body;
  readonly signal: AbortSignal;
}

/** Sends a request over the websocket and reads what comes. Throws GatewayError. */
export async function* streamAnswer(
  gateway: Gateway,
  { surface, body, signal }: Asked,
): AsyncGenerator<AnswerEvent, void, void> {
  if (surface === 'turn' && isTurn(body)) yield* mapped(gateway.streamTurn(body, { signal }), readChunk);
  else if (surface === 'chat' && isChat(body)) yield* mapped(gateway.streamChat(body, { signal }), readChunk);
  else if (surface === 'responses' && isResponse(body)) {
    yield* mapped(gateway.streamResponse(body, { signal }), createResponseReader());
  } else if (surface === 'messages' && isMessage(body)) {
    yield* mapped(gateway.streamMessage(body, { signal }), createMessageReader());
  } else throw new Error('The request names no model.');
}

/** The chunks of a run from its first one. Aborting stops the reading and not the run. Throws GatewayError. */
export const watchAnswer = (gateway: Gateway, runId: string, signal: AbortSignal): AsyncGenerator<AnswerEvent> =>
  mapped(gateway.watch(runId, { signal }), readChunk);
