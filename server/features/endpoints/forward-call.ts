import type { Readable } from 'node:stream';
import type { Endpoint } from '../../../contracts/models/model.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Forwarded } from '../../providers/provider.ts';
import type { Caller } from '../chat/caller.ts';
import type { CompletionDeps } from '../chat/create-completion.ts';
import { Meter } from '../chat/meter.ts';
import { pickCapable } from './pick-capable.ts';

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
  /** The body for the upstream's own name of the model; asked for once. */
  body(model: string): Buffer | Readable;
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
  { catalog, usage }: CompletionDeps,
  { endpoint, path, operation, model: alias, contentType, body }: ForwardRequest,
  caller: Caller,
): Promise<Forwarded> {
  const model = catalog.for(caller.principal).get(alias, endpoint);
  const backend = pickCapable(model, 'forward');
  caller.setHeader('x-gateway-backend', `${backend.provider.id}/${backend.model}`);
  const meter = new Meter(usage, operation, { model, backend }, caller, 0);
  await meter.admit(() => ({ promptTokens: 0, completionTokens: 0, images: 0 }));
  try {
    const { signal } = caller;
    const answer = await backend.provider.forward({ path, contentType, body: body(backend.model), signal });
    return { ...answer, body: metered(answer.body, meter) };
  } catch (error) {
    meter.end(error);
    throw error;
  }
}
