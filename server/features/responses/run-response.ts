import type { ChatCompletion, ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { ChatMessage } from '../../../contracts/chat/message.ts';
import type { ResponseRequest } from '../../../contracts/responses/request.ts';
import type { Response, ResponseEvent } from '../../../contracts/responses/response.ts';
import { ChunkCollector } from '../../canonical/chunk-collector.ts';
import { Json } from '../../canonical/json.ts';
import { settledWithin } from '../../event-loop/settled-within.ts';
import type { Caller } from '../access/caller.ts';
import type { Surface } from '../chat/complete-chat.ts';
import { createCompletion, streamCompletion } from '../chat/create-completion.ts';
import type { Adaptation } from '../chat/plan-chat.ts';
import { likelyTokens, measurePrompt } from '../metering/prompt-size.ts';
import type { Backend } from '../models/catalog.ts';
import { adaptHistory, leaveOutUnseen } from '../turns/adapt-history.ts';
import { PassedEvents } from './answer/passed-events.ts';
import { ResponseWriter } from './answer/response-writer.ts';
import { type OpenResponse, openResponse } from './open-response.ts';
import { prepareRequest, type ResponseDeps, toChat } from './prepare-request.ts';
import { inOwnTerms } from './request/to-completion.ts';

export type EventBatch = Json<ResponseEvent>[];

/** How long the first event waits for the upstream: a failure before it is an HTTP status. In ms. */
const OPEN_AFTER_MS = 5_000;

/** One request, ready to be answered in either way. */
export interface Run {
  readonly writer: ResponseWriter;
  readonly open: OpenResponse;
  readonly chat: Json<ChatCompletionRequest>;
  readonly caller: Caller;
  readonly surface: Surface;
  /** Takes it back as if it had never been asked. */
  drop(): Promise<void>;
}

/** Checks a request, puts it on disk where it is to be stored, and makes a chat completion of it. */
export async function openRun(deps: ResponseDeps, request: ResponseRequest, caller: Caller): Promise<Run> {
  const prepared = await prepareRequest(deps, request, caller.principal);
  const { model, tools, surface } = prepared;
  try {
    const open = await openResponse(deps, request, caller.principal, prepared);
    let unseen: readonly string[] = [];
    const read = (): readonly ChatMessage[] => {
      const all: ChatMessage[] = JSON.parse(open.prompt.text);
      const left = leaveOutUnseen(model, all, open.prompt.own);
      unseen = left?.applied ?? [];
      return left?.messages ?? all;
    };
    const chat = toChat(prepared, read());
    let { messages } = chat.value;
    if (open.conversationId) caller.setHeader('x-conversation-id', open.conversationId);
    const shown = request.include?.includes('reasoning.encrypted_content');
    const writer = new ResponseWriter({
      stem: open.stem,
      echo: open.echo,
      tools,
      summary: request.reasoning?.summary != null,
      proofs: shown ? 'shown' : request.store === false ? 'none' : 'kept',
      estimatePrompt: () => likelyTokens(measurePrompt(chat.value)),
    });
    const adapt = (backend: Backend): Adaptation => {
      const { changes, applied } = adaptHistory(model, backend, open.prompt, () => messages);
      return { changes, applied: [...(surface.adapt?.(backend)?.applied ?? []), ...unseen, ...applied] };
    };
    const shorten = (failure: unknown) => {
      if (request.truncation === 'disabled' || !open.prompt.shorten(failure)) return null;
      messages = toChat(prepared, read()).value.messages;
      return messages;
    };
    const own = {
      conversationId: open.conversationId,
      adapt,
      shorten,
      onRefused: () => dropRun(open, request, caller),
    };
    return { writer, open, chat, caller, surface: { ...surface, ...own }, drop: () => dropRun(open, request, caller) };
  } catch (error) {
    throw inOwnTerms(error);
  }
}

/** Takes back what was stored, and a conversation that was begun for it. */
async function dropRun(open: OpenResponse, { conversation }: ResponseRequest, caller: Caller): Promise<void> {
  await open.drop();
  if (conversation == null) caller.setHeader('x-conversation-id', null);
}

/**
 * Stores an answer that failed, in part or at all. Of one that failed before its client was told its id nothing is kept:
 * clients try again by themselves, and each try would leave a question behind.
 */
async function endFailed(
  { open, writer, caller, drop }: Run,
  completion: ChatCompletion | null,
  isTold: boolean,
): Promise<void> {
  if (!completion && !isTold) return drop();
  const status = caller.signal.aborted ? 'cancelled' : completion ? 'incomplete' : 'failed';
  await open.end(writer, completion, status, false);
}

/** The upstream's own answer was read once already; no more is asked of it. */
const isResponse = (answer: unknown): answer is Response =>
  typeof answer === 'object' && answer !== null && 'object' in answer && answer.object === 'response';

/** The whole answer at once. */
export async function completeRun(deps: ResponseDeps, run: Run): Promise<Response> {
  const { writer, open, chat, caller, surface } = run;
  let answer: Json<ChatCompletion>;
  try {
    answer = await createCompletion(deps, chat, caller, surface);
  } catch (error) {
    const told = inOwnTerms(error);
    await endFailed(run, null, false);
    throw told;
  }
  const { original_answer: original } = answer.value;
  if (isResponse(original)) return { ...original, model: writer.response.model };
  writer.addCompletion(answer.value);
  writer.end();
  await open.end(writer, answer.value, 'completed', true);
  return writer.response;
}

const toBatch = (events: readonly ResponseEvent[]): EventBatch => events.map((event) => Json.ofValue(event));

/**
 * The answer as events. It is stored before its last event is given, so that the next request finds it. After the
 * first event a failure is an event, too. `atOnce`: the first event does not wait for the upstream.
 */
export async function* streamRun(deps: ResponseDeps, run: Run, atOnce = false): AsyncGenerator<EventBatch, void, void> {
  const { writer, open, chat, caller, surface } = run;
  const collector = new ChunkCollector();
  const passing = new PassedEvents(chat.value.model);
  const streamed = chat.with({ stream: true, stream_options: { include_usage: true } });
  const chunks = streamCompletion(deps, streamed, caller, surface);
  const partial = () => (collector.started ? collector.completion : null);
  let opened = false;
  let ended = false;
  const begin = () => {
    const events = opened ? [] : writer.open();
    opened = true;
    return events;
  };
  try {
    if (atOnce) yield toBatch(begin());
    let pending = chunks.next();
    // An upstream that speaks the dialect itself begins its own answer.
    const waits = surface.original !== undefined || (await settledWithin(pending, OPEN_AFTER_MS));
    if (!waits) yield toBatch(begin());
    for (let result = await pending; !result.done; result = await pending) {
      const passed = passing.read(result.value);
      const events = passed ?? begin();
      opened = true;
      for (const { value } of result.value) {
        collector.add(value);
        if (!passed) events.push(...writer.add(value));
      }
      if (events.length > 0) yield toBatch(events);
      pending = chunks.next();
    }
    const last = passing.active ? [] : [...begin(), ...writer.end()];
    ended = true;
    await open.end(writer, collector.completion, 'completed', true);
    if (last.length > 0) yield toBatch(last);
  } catch (error) {
    if (ended) throw error;
    const told = inOwnTerms(error);
    const last = passing.active ? passing.fail(told) : caller.signal.aborted ? writer.cancel() : writer.fail(told);
    ended = true;
    await endFailed(run, partial(), opened);
    if (!opened) throw told;
    yield toBatch(last);
  } finally {
    await chunks.return();
    // Its reader went away.
    const said = partial();
    if (!ended) await (said || opened ? open.end(writer, said, 'cancelled', false) : run.drop());
  }
}
