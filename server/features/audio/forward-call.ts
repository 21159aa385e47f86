import type { Readable } from 'node:stream';
import type { Endpoint } from '../../../contracts/models/model.ts';
import type { Forwarded } from '../../providers/provider.ts';
import type { Caller } from '../access/caller.ts';
import type { CompletionDeps } from '../chat/create-completion.ts';
import { expectPrompt } from '../metering/expect-tokens.ts';
import type { PromptMeasure } from '../metering/measured-prompt.ts';
import { forwardMetered } from '../metering/run-metered.ts';
import type { CatalogModel } from '../models/catalog.ts';
import { pickCapable } from '../routing/pick-capable.ts';
import { timeLeft } from '../routing/time-left.ts';

/** A request that is forwarded verbatim, except for the model's name, and whose response is returned verbatim. */
export interface ForwardRequest {
  readonly endpoint: Endpoint;
  /** Below `/v1`, here and there, such as `/audio/speech`. */
  readonly path: string;
  /** The name of the operation in usage rows, such as `v1.audio.speech`. */
  readonly operation: string;
  /** The alias that was asked for. */
  readonly model: string;
  readonly contentType: string;
  /** The body for the upstream's own name of the model; a stream can be asked for only once. */
  body(model: string): Buffer | Readable;
  /** Throws when the caller may not send this request to the model. */
  check(model: CatalogModel): void;
  /** How much of it may reach the model. */
  measure(): PromptMeasure;
  /** Whether `body` may be asked for again. */
  readonly repeatable: boolean;
}

/**
 * Sends a request on, byte for byte. What it gives must be read, or returned from. Its tokens are not known: they are in
 * the vendor's bytes, if anywhere.
 */
export async function forwardCall(
  deps: CompletionDeps,
  { endpoint, path, operation, model: alias, contentType, check, body, measure, repeatable }: ForwardRequest,
  caller: Caller,
): Promise<Forwarded> {
  const model = deps.catalog.for(caller.principal).get(alias, endpoint);
  check(model);
  return forwardMetered(deps, {
    request: {
      operation,
      job: { model, backends: pickCapable(model, 'forward'), caller, affinityKey: () => caller.requestId },
      requestBytes: 0,
      expect: () => expectPrompt(measure()),
    },
    once: !repeatable,
    attempt: ({ backend, caller: { signal } }) =>
      backend.provider.forward({
        path,
        contentType,
        body: body(backend.model),
        signal,
        timeouts: timeLeft(model, caller),
        tap: caller.record.tap,
      }),
  });
}
