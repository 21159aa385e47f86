import type { ChatCompletion } from '../../../contracts/chat/completion.ts';
import type { TurnRequest } from '../../../contracts/chat/turn.ts';
import { ChunkCollector } from '../../canonical/chunk-collector.ts';
import type { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Caller } from '../access/caller.ts';
import { completeChat, streamChat } from '../chat/complete-chat.ts';
import type { ChunkBatch } from '../chat/relay-chunks.ts';
import type { MeteringDeps } from '../metering/run-metered.ts';
import { type OpenTurnDeps, openTurn } from './open-turn.ts';

export interface TurnDeps extends OpenTurnDeps, MeteringDeps {}

/** `POST /c1/chat`: one turn of a remembered conversation, as one answer. It is on disk when the answer is given. */
export async function takeTurn(deps: TurnDeps, turn: TurnRequest, caller: Caller): Promise<Json<ChatCompletion>> {
  if (turn.stream) throw new AppError('invalid_field', 'A streamed turn is a subscription here.', { param: 'stream' });
  const { stored, chat } = await openTurn(deps, turn, caller, false);
  let answer: Json<ChatCompletion>;
  try {
    answer = await completeChat(deps, chat, caller);
  } catch (error) {
    await stored.end(null, error);
    throw stored.explain(error);
  }
  await stored.end(answer.value);
  return answer;
}

/** The same as a stream. The answer is stored when it ends, also when the upstream or the client breaks it off. */
export async function* streamTurn(
  deps: TurnDeps,
  turn: TurnRequest,
  caller: Caller,
): AsyncGenerator<ChunkBatch, void, void> {
  const { stored, chat } = await openTurn(deps, turn, caller, true);
  const collector = new ChunkCollector();
  let failure: unknown = new AppError('client_disconnected');
  const end = () => stored.end(collector.started || failure === undefined ? collector.completion : null, failure);
  try {
    for await (const batch of streamChat(deps, () => chat, caller)) {
      for (const chunk of batch) collector.add(chunk.value);
      yield batch;
    }
    failure = undefined;
  } catch (error) {
    failure = error;
    await end();
    throw stored.explain(error);
  } finally {
    await end();
  }
}
