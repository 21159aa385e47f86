import type { ChatCompletion, ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import type { TurnRequest } from '../../../contracts/turns/turn.ts';
import type { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { RunFormat } from '../../store/interface/runs.ts';
import type { Caller } from '../access/caller.ts';
import { completeChat, streamChat } from '../chat/complete-chat.ts';
import type { ChunkBatch } from '../chat/relay-chunks.ts';
import type { MeteringDeps } from '../metering/run-metered.ts';
import type { Run, RunOutcome } from '../runs/run.ts';
import type { Runs } from '../runs/runs.ts';
import { LoggedAnswer } from './logged-answer.ts';
import { type OpenTurn, type OpenTurnDeps, openTurn } from './open-turn.ts';

export interface TurnDeps extends OpenTurnDeps, MeteringDeps {
  readonly runs: Runs;
}

async function makeCompletion(
  deps: TurnDeps,
  { stored, chat }: OpenTurn,
  run: Run<ChatCompletion>,
): Promise<RunOutcome<ChatCompletion>> {
  try {
    const answer = await completeChat(deps, await chat(run.caller), run.caller);
    return stored.outcome(answer.value, undefined, [answer]);
  } catch (error) {
    return stored.outcome(null, error);
  }
}

async function makeChunks(
  deps: TurnDeps,
  { stored, chat }: OpenTurn,
  run: Run<ChatCompletionChunk>,
): Promise<RunOutcome<ChatCompletionChunk>> {
  const answer = new LoggedAnswer(run);
  const outcome = (failure?: unknown) => stored.loggedOutcome<ChatCompletionChunk>(answer, failure);
  try {
    const opened = await chat(run.caller);
    for await (const batch of streamChat(deps, () => opened, run.caller)) {
      const written = answer.add(batch);
      if (written) await written;
    }
    return outcome();
  } catch (error) {
    return outcome(error);
  }
}

type Make<Event extends object> = (deps: TurnDeps, turn: OpenTurn, run: Run<Event>) => Promise<RunOutcome<Event>>;

/** Begins the run of a turn. What is wrong with the turn itself is thrown here. */
async function startTurn<Event extends object>(
  deps: TurnDeps,
  { turn, client, format, make }: { turn: TurnRequest; client: Caller; format: RunFormat; make: Make<Event> },
): Promise<Run<Event>> {
  const detached = deps.runs.detach(client, turn.on_disconnect ?? undefined);
  try {
    const place = { conversationId: turn.conversation_id };
    const opened = await deps.runs.takeOver(place, () => openTurn(deps, turn, detached.caller, format));
    return deps.runs.start<Event>(opened.stored.begun, detached, (run) => make(deps, opened, run));
  } catch (error) {
    detached.release();
    throw error;
  }
}

/** `POST /c1/chat`: one turn of a remembered conversation, as one answer. It is on disk when the answer is given. */
export async function takeTurn(deps: TurnDeps, turn: TurnRequest, client: Caller): Promise<Json<ChatCompletion>> {
  if (turn.stream)
    throw invalidField('stream', 'Set `stream` to false: over tRPC, use the `c1.chat.stream` subscription to stream.');
  const { log } = await startTurn(deps, { turn, client, format: 'completion', make: makeCompletion });
  for await (const [answer] of log.follow(-1, client.signal)) if (answer) return answer;
  throw new AppError('client_disconnected');
}

/** Takes a turn as a stream of chunks, numbered from 0. The answer is stored when it ends, also when no client listens. */
export async function* streamTurn(
  deps: TurnDeps,
  turn: TurnRequest,
  client: Caller,
): AsyncGenerator<ChunkBatch, void, void> {
  const { log } = await startTurn(deps, { turn, client, format: 'chunks', make: makeChunks });
  yield* log.follow(-1, client.signal);
}
