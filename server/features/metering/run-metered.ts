import type { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { UsageStore } from '../../store/interface/usage.ts';
import type { Caller } from '../access/caller.ts';
import type { Backend } from '../models/catalog.ts';
import type { Dispatcher, Job } from '../routing/dispatcher.ts';
import type { Expectation } from './expect-tokens.ts';
import { Meter, type MeterOptions } from './meter.ts';

export interface MeteringDeps {
  readonly dispatcher: Dispatcher;
  readonly usage: UsageStore;
}

/** One request to one of the backends of a model. */
export interface Attempt<B extends Backend = Backend> {
  readonly backend: B;
  /** As the request's, but its signal may also end this one attempt. */
  readonly caller: Caller;
  readonly meter: Meter;
}

/** A request that is let in, counted and paid for, whichever way it ends. */
export interface MeteredRequest<B extends Backend = Backend>
  extends Pick<MeterOptions, 'operation' | 'promptBytes' | 'conversationId' | 'showsCost'> {
  readonly job: Job<B>;
  /** What it may use at most; asked for only when somebody has to pay for it. */
  expect(): Expectation;
  /** Called once it is let in. */
  onAdmitted?(meter: Meter): void;
  /** Called when it is not let in, for lack of money or of room; the refusal is thrown afterwards. */
  onRefused?(refusal: unknown): Promise<void>;
}

/** A request with one answer. `attempt` may be called several times, for one backend after the other. */
export interface MeteredCall<B extends Backend, T> extends MeteredRequest<B> {
  attempt(attempt: Attempt<B>): Promise<T>;
  /** Whether the request can be sent only once. */
  readonly once?: boolean;
}

/** A request whose answer is a stream. */
export interface MeteredStream<B extends Backend, Chunk extends object> extends MeteredRequest<B> {
  open(attempt: Attempt<B>): AsyncGenerator<Json<Chunk>[], void, void>;
  /** Whether a chunk holds a part of the answer: after the first one no other backend takes over. */
  isToken(chunk: Chunk): boolean;
  /** Counts a batch and says what of it is sent on; may leave nothing. */
  relay(batch: readonly Json<Chunk>[], meter: Meter): Json<Chunk>[];
}

/** An answer that has begun, and the meter that ends with it. */
interface Begun<T> {
  readonly meter: Meter;
  readonly answer: T;
}

async function admit({ usage }: MeteringDeps, request: MeteredRequest): Promise<Meter> {
  const { job, operation, promptBytes, conversationId, showsCost } = request;
  const { model, caller } = job;
  const meter = new Meter(usage, { operation, model, caller, promptBytes, conversationId, showsCost });
  await meter
    .admit(() => request.expect())
    ?.catch(async (refusal: unknown) => {
      await request.onRefused?.(refusal);
      throw refusal;
    });
  request.onAdmitted?.(meter);
  return meter;
}

/** Lets a request in and begins its answer. The meter of an answer that does not begin is ended here. */
async function begin<B extends Backend, T>(
  deps: MeteringDeps,
  request: MeteredRequest<B>,
  start: (job: Job<B>, meter: Meter) => Promise<T>,
): Promise<Begun<T>> {
  const meter = await admit(deps, request);
  try {
    const job = { ...request.job, onAttempt: (backend: B) => meter.recordAttempt(backend) };
    return { meter, answer: await start(job, meter) };
  } catch (error) {
    meter.end(error);
    throw error;
  }
}

function beginCall<B extends Backend, T>(deps: MeteringDeps, call: MeteredCall<B, T>): Promise<Begun<T>> {
  return begin(deps, call, (job, meter) => {
    const attempt = (backend: B) => call.attempt({ backend, caller: job.caller, meter });
    return call.once ? deps.dispatcher.once(job, attempt) : deps.dispatcher.complete(job, attempt);
  });
}

/** Lets a request in, asks its backends until one answers, and pays for the answer. */
export async function runMetered<B extends Backend, T>(deps: MeteringDeps, call: MeteredCall<B, T>): Promise<T> {
  const { meter, answer } = await beginCall(deps, call);
  meter.end();
  return answer;
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
): AsyncGenerator<Out, void, void> {
  const { meter, batches, onEnd } = await open();
  // What a reader that stops reading leaves behind: nothing else ends the loop without passing the lines below it.
  let failure: unknown = new AppError('client_disconnected');
  try {
    for await (const batch of batches) {
      const relayed = relay(batch, meter);
      if (relayed.length > 0) yield relayed;
    }
    failure = undefined;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    onEnd?.(failure);
    meter.end(failure);
  }
}

/** The same for a stream. Nothing happens before the first pull, so early failures are still plain errors. */
export function streamMetered<B extends Backend, Chunk extends object>(
  deps: MeteringDeps,
  plan: () => MeteredStream<B, Chunk>,
): AsyncGenerator<Json<Chunk>[], void, void> {
  let stream: MeteredStream<B, Chunk>;
  const open = async () => {
    stream = plan();
    const { meter, answer } = await begin(deps, stream, (job, meter) =>
      deps.dispatcher.open(
        job,
        (chunk: Chunk) => stream.isToken(chunk),
        (backend, caller) => stream.open({ backend, caller, meter }),
      ),
    );
    return { meter, batches: answer.result, onEnd: answer.end };
  };
  return relayMetered(open, (batch, meter) => stream.relay(batch, meter));
}

/** The same for an answer whose head comes before its body: the meter ends with the body, which must be read. */
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
