import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { settledWithin } from '../../event-loop/settled-within.ts';
import type { Caller } from '../access/caller.ts';
import type { RequestWatch } from '../access/request-watch.ts';
import type { Backend } from '../models/catalog.ts';
import type { Dispatcher, Job } from '../routing/dispatcher.ts';
import type { LoadGuard } from './load-guard.ts';
import { Meter, type MeterDeps, type MeterOptions } from './meter.ts';
import type { Reserving } from './reservation.ts';

export interface MeteringDeps extends MeterDeps {
  readonly dispatcher: Dispatcher;
  /** Counts the admitted requests, and refuses requests beyond its limit. `onEnd` reports the end of a request. */
  readonly load?: Pick<LoadGuard, 'enter' | 'leave'>;
  /** Makes the watch of each admitted request; absent: no request is watched. */
  watch?: ((request: WatchedRequest) => RequestWatch) | undefined;
}

/** An admitted request, as its watchers see it. */
export interface WatchedRequest {
  /** The name of the operation in usage rows. */
  readonly operation: string;
  readonly job: Job;
  readonly conversationId?: string | null | undefined;
  /** The body of a chat, in the canonical form: content, for those who may see it. */
  input?(): ChatCompletionRequest;
}

/** One request to one of the backends of a model. */
export interface Attempt<B extends Backend = Backend> {
  readonly backend: B;
  /** The caller of the request. Its signal may also end this one attempt alone. */
  readonly caller: Caller;
  readonly meter: Meter;
}

/** A request that is admitted, counted and paid for, however it ends. */
export interface MeteredRequest<B extends Backend = Backend> extends MeterOptions {
  readonly job: Job<B>;
  /** Called when the request is admitted. */
  onAdmitted?(meter: Meter): void;
  /** Called when the request is refused, for lack of money or of room. The refusal is thrown afterwards. */
  onRefused?(refusal: unknown): Promise<void>;
  /** Called when no backend began to answer; true: the request has changed, and is to be sent once more. */
  shorten?(failure: unknown): boolean;
}

/** A request with one answer. `attempt` may be called several times, for one backend after the other. */
export interface MeteredCall<B extends Backend, T> {
  readonly request: MeteredRequest<B>;
  /**
   * Whether `attempt` limits answers to the meter's `answerLimit`. Otherwise the longest possible answers are reserved.
   */
  readonly shortens?: boolean;
  attempt(attempt: Attempt<B>): Promise<T>;
  /** Whether the request can be sent only once. */
  readonly once?: boolean;
}

/** A request whose answer is a stream. */
export interface MeteredStream<B extends Backend, Chunk extends object> {
  readonly request: MeteredRequest<B>;
  /** Whether all that the answer may become is reserved at once, because its pieces say little of its length. */
  readonly isFixed?: boolean;
  open(attempt: Attempt<B>): AsyncGenerator<Json<Chunk>[], void, void>;
  /** Whether a chunk holds a part of the answer: after the first one no other backend takes over. */
  isToken(chunk: Chunk): boolean;
  /** Counts a batch and says what of it is sent on; may leave nothing. */
  relay(batch: readonly Json<Chunk>[], meter: Meter): Json<Chunk>[];
  /** Returns chunks that are sent after the last batch of a complete answer. */
  end?(meter: Meter): Json<Chunk>[];
}

/** An answer that has begun, and the meter that ends with it. */
interface Begun<T> {
  readonly meter: Meter;
  readonly answer: T;
}

/** Takes a place among the requests under way, and gives it back when the caller's limits or money refuse the request. */
async function enter(load: MeteringDeps['load'], meter: Meter): Promise<void> {
  load?.enter();
  try {
    await meter.admit();
  } catch (refusal) {
    load?.leave();
    throw refusal;
  }
}

async function admit(deps: MeteringDeps, request: MeteredRequest, reserving: Reserving): Promise<Meter> {
  const { caller } = request.job;
  const meter = new Meter(deps, request, reserving);
  try {
    await enter(deps.load, meter);
  } catch (refusal) {
    await request.onRefused?.(refusal);
    throw refusal;
  }
  caller.record.hold?.share();
  caller.record.isMetered = true;
  if (deps.watch) caller.record.watch = deps.watch(request);
  request.onAdmitted?.(meter);
  return meter;
}

/** How often a request is made shorter. Servers that only tell their window count other tokens than the estimate does. */
const MAX_SHORTENED = 3;

/** Begins an answer, if need be to a shorter request. */
async function startShortened<T>(
  request: Pick<MeteredRequest, 'shorten'>,
  start: () => Promise<T>,
  left = MAX_SHORTENED,
): Promise<T> {
  try {
    return await start();
  } catch (failure) {
    if (left === 0 || !request.shorten?.(failure)) throw failure;
    return startShortened(request, start, left - 1);
  }
}

/** Admits a request and begins its answer. The meter of an answer that does not begin is ended here. */
async function begin<B extends Backend, T>(
  deps: MeteringDeps,
  request: MeteredRequest<B>,
  reserving: Reserving,
  start: (meter: Meter) => Promise<T>,
): Promise<Begun<T>> {
  const meter = await admit(deps, request, reserving);
  try {
    return { meter, answer: await startShortened(request, () => start(meter)) };
  } catch (error) {
    meter.end(error);
    throw error;
  }
}

/**
 * A vendor that bills what is given up goes on to its end anyway: a key's request waits for the answer that nobody
 * reads, to learn what it cost. The administrator pays nobody here, and gives up at once.
 */
function attemptingCaller(caller: Caller, { billsAborted, price }: Backend): Caller {
  const { account, revoked } = caller.principal;
  return billsAborted && price && account ? { ...caller, signal: revoked ?? NEVER } : caller;
}

const NEVER = new AbortController().signal;

function beginCall<B extends Backend, T>(deps: MeteringDeps, call: MeteredCall<B, T>): Promise<Begun<T>> {
  const { job } = call.request;
  return begin(deps, call.request, call.shortens ? 'shortens' : 'whole', (meter) => {
    const attempt = (backend: B) => {
      meter.recordAttempt(backend);
      return call.attempt({ backend, caller: attemptingCaller(job.caller, backend), meter });
    };
    return call.once ? deps.dispatcher.once(job, attempt) : deps.dispatcher.complete(job, attempt);
  });
}

/** Lets a request in, asks its backends until one answers, and pays for the answer. */
export async function runMetered<B extends Backend, T>(deps: MeteringDeps, call: MeteredCall<B, T>): Promise<T> {
  const { meter, answer } = await beginCall(deps, call);
  await untilCharged(meter.end());
  return answer;
}

/** How long an answer waits for its charge, in ms, when the database is slow. The charge is then written later. */
const CHARGE_MS = 2_000;

/** An answer is complete for its client only when its charge is on disk: whatever stops the process, it was paid for. */
async function untilCharged(charged: Promise<void> | null): Promise<void> {
  if (charged) await settledWithin(charged, CHARGE_MS);
}

/** A stream of batches that is being counted. */
interface Source<In> {
  readonly meter: Meter;
  readonly batches: AsyncIterable<In>;
  /** Tells the backend's state how the stream ended. */
  onEnd?(failure?: unknown): void;
}

/**
 * The one loop that every batch of every stream passes on its way from an upstream to a client. It ends the meter
 * whichever way the stream ends. Each generator that a batch passes costs as much as its bytes do, so this is the only
 * one behind the provider's.
 */
async function* relayMetered<In, Out extends readonly unknown[]>(
  open: () => Promise<Source<In>>,
  relay: (batch: In, meter: Meter) => Out,
  finish?: (meter: Meter) => Out | undefined,
): AsyncGenerator<Out, void, void> {
  const { meter, batches, onEnd } = await open();
  // The failure when the reader stops reading: the loop then ends without running any line below it but `finally`.
  let failure: unknown = new AppError('client_disconnected');
  try {
    for await (const batch of batches) {
      const relayed = relay(batch, meter);
      const growing = meter.cover();
      if (growing) await growing;
      if (relayed.length > 0) yield relayed;
    }
    const last = finish?.(meter);
    if (last && last.length > 0) yield last;
    failure = undefined;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    onEnd?.(failure);
    const charged = meter.end(failure);
    if (failure === undefined) await untilCharged(charged);
  }
}

/** Runs a metered stream. Nothing happens before the first pull, so early failures are still plain errors. */
export function streamMetered<B extends Backend, Chunk extends object>(
  deps: MeteringDeps,
  plan: () => MeteredStream<B, Chunk>,
): AsyncGenerator<Json<Chunk>[], void, void> {
  let stream: MeteredStream<B, Chunk>;
  const open = async () => {
    stream = plan();
    const { meter, answer } = await begin(deps, stream.request, stream.isFixed ? 'whole' : 'grows', (meter) =>
      deps.dispatcher.open(
        stream.request.job,
        (chunk: Chunk) => stream.isToken(chunk),
        (backend, caller) => {
          meter.recordAttempt(backend);
          return stream.open({ backend, caller, meter });
        },
      ),
    );
    return { meter, batches: answer.result, onEnd: answer.end };
  };
  return relayMetered(
    open,
    (batch, meter) => stream.relay(batch, meter),
    (meter) => stream.end?.(meter),
  );
}

/**
 * Runs a metered call whose response headers arrive before its body. The meter ends with the body, so the body must be
 * read.
 */
export async function forwardMetered<B extends Backend, T extends { readonly body: AsyncIterable<Buffer[]> }>(
  deps: MeteringDeps,
  call: MeteredCall<B, T>,
): Promise<T & { readonly body: AsyncGenerator<Buffer[], void, void> }> {
  const { meter, answer } = await beginCall(deps, call);
  const body = relayMetered(
    async () => ({ meter, batches: answer.body }),
    (batch) => {
      meter.recordFirstToken();
      return batch;
    },
  );
  return { ...answer, body };
}
