import { SpeechRequest } from '../../../contracts/audio/audio.ts';
import { Json } from '../../canonical/json.ts';
import type { Forwarded } from '../../providers/provider.ts';
import type { Caller } from '../access/caller.ts';
import { checkFields } from '../access/check-fields.ts';
import type { CompletionDeps } from '../chat/create-completion.ts';
import { refuseLookalikes } from '../chat/refuse-lookalikes.ts';
import { MeasuredPrompt } from '../metering/measured-prompt.ts';
import { forwardCall } from './forward-call.ts';

const checkedFields: ReadonlySet<string> = new Set(Object.keys(SpeechRequest.shape));

/** `POST /v1/audio/speech`: the audio (or its events) as the upstream makes it. `fields` is what `bytes` say. */
export function createSpeech(
  deps: CompletionDeps,
  { bytes, fields }: { bytes: Buffer; fields: SpeechRequest },
  caller: Caller,
): Promise<Forwarded> {
  refuseLookalikes(fields, checkedFields);
  const request = Json.ofBoth(bytes, fields);
  return forwardCall(
    deps,
    {
      endpoint: 'speech',
      path: '/audio/speech',
      operation: 'v1.audio.speech',
      model: fields.model,
      contentType: 'application/json',
      check: (model) => checkFields(caller.principal, model, 'speech', fields),
      body: (model) => request.with({ model }).bytes,
      measure: () => new MeasuredPrompt(() => [fields]),
      repeatable: true,
    },
    caller,
  );
}
