import type { Readable } from 'node:stream';
import type { Endpoint } from '../../../contracts/models/model.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Forwarded } from '../../providers/provider.ts';
import type { Caller } from '../access/caller.ts';
import type { CompletionDeps } from '../chat/create-completion.ts';
import { Meter } from '../metering/meter.ts';
import { type Capable, pickCapable } from '../routing/pick-capable.ts';
import { timeLeft } from '../routing/time-left.ts';

/** A request whose body and answer are the vendor's as they are, but for the name of the model. */
export interface ForwardRequest {
  readonly endpoint: Endpoint;
  /** Below `/v1`, here and there, such as `/audio/speech`. */
  readonly path: string;
  /** As usage rows call it, such as `v1.audio.speech`. */
  readonly operation: string;
  /** The alias that was asked for. */
  readonly model: string;
  readonly contentType: string;
  /** The body for the upstream's own name of the model; a stream can be asked for only once. */
  body(model: string): Buffer | Readable;
  /** Whether `body` may be asked for again. */
  readonly repeatable: boolean;
}

/** Ends the meter with the answer. Its tokens are not known: they are in the vendor's bytes, if anywhere. */
async function* metered(body: Forwarded['body'], meter: Meter): Forwarded['body'] {
  let failure: unknown = new AppError('upstream_unavailable', 'The client left.');
  try {
    for await (const batch of body) {
      meter.answered();
      yield batch;
    }
    failure = undefined;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    meter.end(failure);
  }
}

/** Sends a request on, byte for byte. What it gives must be read, or returned from. */
export async function forwardCall(
  { catalog, dispatcher, usage }: CompletionDeps,
  { endpoint, path, operation, model: alias, contentType, body, repeatable }: ForwardRequest,
  caller: Caller,
): Promise<Forwarded> {
  const model = catalog.for(caller.principal).get(alias, endpoint);
  const job = { model, backends: pickCapable(model, 'forward'), caller, affinityKey: () => caller.requestId };
  const meter = new Meter(usage, operation, model, caller, 0);
  await meter.admit(() => ({ promptTokens: 0, completionTokens: 0, images: 0 }));
  const send = (backend: Capable<'forward'>) => {
    meter.backend = backend;
    const { signal } = caller;
    return backend.provider.forward({
      path,
      contentType,
      body: body(backend.model),
      signal,
      timeouts: timeLeft(model, caller),
    });
  };
  try {
    const answer = await (repeatable ? dispatcher.complete(job, send) : dispatcher.once(job, send));
    return { ...answer, body: metered(answer.body, meter) };
  } catch (error) {
    meter.end(error);
    throw error;
  }
}
