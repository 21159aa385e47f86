import { z } from 'zod';
import { AppError } from '../../errors/app-error.ts';
import { readErrorEvent } from '../http/read-error.ts';

/** Error codes that blame the request. Source: `ResponseErrorCode` of OpenAI's OpenAPI document. */
const CLIENT_FAULT = /^(invalid_[a-z_0-9]+|image_[a-z_]+|unsupported_image_media_type|empty_image_file|bio_policy)$/;

const Coded = z.looseObject({ code: z.string() });

/** The `AppError` of a failed response or an error event. */
export function readFailure(fault: unknown): AppError {
  const code = Coded.safeParse(fault).data?.code ?? '';
  if (CLIENT_FAULT.test(code)) {
    const message = `The upstream rejected the request: ${code}.`;
    return new AppError('upstream_rejected', message, code === 'invalid_prompt' ? { param: 'messages' } : {});
  }
  return readErrorEvent({ error: fault ?? {} });
}
