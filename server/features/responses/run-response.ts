import type { ChatCompletion, ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { ChatMessage } from '../../../contracts/chat/message.ts';
import type { ResponseRequest } from '../../../contracts/responses/request.ts';
import type { Response, ResponseEvent } from '../../../contracts/responses/response.ts';
import { ChunkCollector } from '../../canonical/chunk-collector.ts';
import { Json } from '../../canonical/json.ts';
import { stopReason } from '../../errors/stop-reason.ts';
import { settledWithin } from '../../event-loop/settled-within.ts';
import type { RunLogEnd } from '../../store/interface/runs.ts';
import type { Caller } from '../access/caller.ts';
import type { Surface } from '../chat/complete-chat.ts';
import { createCompletion, streamCompletion } from '../chat/create-completion.ts';
import type { Adaptation } from '../chat/plan-chat.ts';
import type { Meter } from '../metering/meter.ts';
import type { Backend } from '../models/catalog.ts';
import { isCancelled } from '../runs/is-cancelled.ts';
import type { RunOutcome } from '../runs/run.ts';
import { adaptHistory, dropRareMedia, leaveOutUnseen } from '../turns/adapt-history.ts';
import { readMessages } from '../turns/write-prompt.ts';
import { PassedEvents } from './answer/passed-events.ts';
import { withUsage } from './answer/read-usage.ts';
import { ResponseWriter } from './answer/response-writer.ts';
import { type OpenResponse, openResponse } from './open-response.ts';
import { prepareRequest, type ResponseDeps, toChat } from './prepare-request.ts';
import { inOwnTerms } from './request/to-completion.ts';

export type EventBatch = Json<ResponseEvent>[];

/** How long the first event waits for the upstream: a failure before it is an HTTP status. In ms. */
const OPEN_AFTER_MS = 5_000;

/** One request, ready to be answered in either way. */
export interface Opened {
  readonly writer: ResponseWriter;
  readonly open: OpenResponse;
  readonly chat: Json<ChatCompletionRequest>;
  readonly caller: Caller;
  readonly surface: Surface;
  /** Takes it back as if it had never been asked. */
  drop(): Promise<void>;
}

/** Checks a request, puts it on disk where it is to be stored, and makes a chat completion of it. */
export async function openRequest(deps: ResponseDeps, request: ResponseRequest, caller: Caller): Promise<Opened> {
  const prepared = await prepareRequest(deps, request, caller.principal);
  const { model, tools, surface } = prepared;
  try {
    const open = await openResponse(deps, request, caller, prepared);
    let unseen: readonly string[] = [];
    const seenOf = (all: readonly ChatMessage[]): readonly ChatMessage[] => {
      const left = leaveOutUnseen(model, all, open.prompt);
      unseen = left?.applied ?? [];
      return left?.messages ?? all;
    };
    const chat = toChat(prepared, seenOf(await readMessages(open.prompt)));
    let { messages } = chat.value;
    if (open.begun) tellRun(open.begun, caller);
    let meter: Meter | null = null;
    const shown = request.include?.includes('reasoning.encrypted_content');
    const writer = new ResponseWriter({
      stem: open.stem,
      createdAt: open.begun?.createdAt ?? new Date(),
      echo: open.echo,
      tools,
      summary: request.reasoning?.summary != null,
      signatures: shown ? 'shown' : request.store === false ? 'none' : 'kept',
      usedSoFar: () => meter?.shown ?? null,
    });
    const adapt = (backend: Backend): Adaptation => {
      const { changes, applied } = adaptHistory(model, backend, open.prompt, () => messages);
      return { changes, applied: [...(surface.adapt?.(backend)?.applied ?? []), ...unseen, ...applied] };
    };
    const shorten = (failure: unknown) => {
      if (dropRareMedia(failure, open.prompt, () => messages)) return messages;
      if (request.truncation === 'disabled' || !open.prompt.shorten(failure)) return null;
      messages = toChat(prepared, seenOf(open.prompt.parse())).value.messages;
      return messages;
    };
    const own = {
      conversationId: open.conversationId,
      adapt,
      shorten,
      onAdmitted(admitted: Meter) {
        meter = admitted;
      },
      onRefused: () => dropRun(open, request, caller),
    };
    return { writer, open, chat, caller, surface: { ...surface, ...own }, drop: () => dropRun(open, request, caller) };
  } catch (error) {
    throw inOwnTerms(error);
  }
}

function tellRun({ conversationId, run }: NonNullable<OpenResponse['begun']>, caller: Caller): void {
  caller.setHeader('x-conversation-id', conversationId);
  caller.setHeader('x-run-id', run.id);
}

/** Takes back what was stored, and a conversation that was begun for it. */
async function dropRun(open: OpenResponse, { conversation }: ResponseRequest, caller: Caller): Promise<void> {
  await open.drop();
  caller.setHeader('x-run-id', null);
  if (conversation == null) caller.setHeader('x-conversation-id', null);
}

/** How the making of a response ended, and how to store that. */
type Ending<Event extends object> = RunOutcome<Event>;

/**
 * An answer that failed, in part or at all. Of one that failed before its client was told its id nothing is kept: clients
 * try again by themselves, and each try would leave a question behind.
 */
function failed<Event extends object>(
  { open, writer, caller, drop }: Opened,
  { failure, completion, last = [] }: Failed<Event>,
): Ending<Event> {
  const isTold = last.length > 0;
  const status = isCancelled(caller.signal, failure) ? 'cancelled' : completion ? 'incomplete' : 'failed';
  return {
    status,
    failure,
    isTold,
    last,
    store: (log) => (completion || isTold ? open.end(writer, { completion, status, finished: false, log }) : drop()),
  };
}

interface Failed<Event extends object> {
  readonly failure: unknown;
  readonly completion: ChatCompletion | null;
  readonly last?: readonly Json<Event>[];
}

/** The upstream's own answer was already read once, so it is not checked again. */
const isResponse = (answer: unknown): answer is Response =>
  typeof answer === 'object' && answer !== null && 'object' in answer && answer.object === 'response';

/** The whole answer at once. */
export async function makeResponse(deps: ResponseDeps, opened: Opened): Promise<Ending<Response>> {
  const { writer, open, chat, caller, surface } = opened;
  let answer: Json<ChatCompletion>;
  try {
    answer = await createCompletion(deps, chat, caller, surface);
  } catch (error) {
    return failed(opened, { failure: inOwnTerms(error), completion: null });
  }
  const { original_answer: original } = answer.value;
  if (isResponse(original)) {
    const last = [Json.ofValue({ ...withUsage(original, answer.value.usage), model: writer.response.model })];
    return { status: 'completed', last, store: async () => undefined };
  }
  writer.addCompletion(answer.value);
  writer.end();
  return {
    status: 'completed',
    last: [Json.ofValue(writer.response)],
    store: (log) => open.end(writer, { completion: answer.value, status: 'completed', finished: true, log }),
  };
}

const toBatch = (events: readonly ResponseEvent[]): EventBatch => events.map((event) => Json.ofValue(event));

/**
 * The answer as events, but for the last ones, which its end holds: it is to be stored before they are given, so that the next
 * request finds it. After the first event a failure is an event, too. `atOnce`: the first event does not wait for the upstream.
 */
export async function* relayResponse(
  deps: ResponseDeps,
  opened: Opened,
  atOnce = false,
): AsyncGenerator<EventBatch, Ending<ResponseEvent>, void> {
  const { writer, open, chat, caller, surface } = opened;
  const collector = new ChunkCollector();
  const passing = new PassedEvents(chat.value.model);
  const streamed = chat.with({ stream: true, stream_options: { include_usage: true } });
  const chunks = streamCompletion(deps, streamed, caller, surface);
  let begun = false;
  const begin = () => {
    const events = begun ? [] : writer.open();
    begun = true;
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
      begun = true;
      for (const { value } of result.value) {
        collector.add(value);
        if (!passed) events.push(...writer.add(value));
      }
      if (events.length > 0) yield toBatch(events);
      pending = chunks.next();
    }
    const last = toBatch(passing.active ? passing.end() : [...begin(), ...writer.end()]);
    const { completion } = collector;
    const store = (log: RunLogEnd) => open.end(writer, { completion, status: 'completed', finished: true, log });
    return { status: 'completed', last, store };
  } catch (error) {
    const failure = stopReason(caller.signal, inOwnTerms(error));
    const completion = collector.started ? collector.completion : null;
    if (!begun) return failed(opened, { failure, completion });
    const isLeft = isCancelled(caller.signal, failure);
    const last = passing.active ? passing.fail(failure) : isLeft ? writer.cancel() : writer.fail(failure);
    return failed(opened, { failure, completion, last: toBatch(last) });
  } finally {
    await chunks.return();
  }
}
