import type { ErrorCode } from '../../../../contracts/errors.ts';
import type { ResponseFailure } from '../../../../contracts/responses/response.ts';
import { toAppError } from '../../../errors/to-wire.ts';

/** `ResponseErrorCode` of OpenAI's OpenAPI document, and the one beyond it on which agents compact. */
const CODES: Partial<Record<ErrorCode, string>> = {
  context_length_exceeded: 'context_length_exceeded',
  model_quota_exhausted: 'rate_limit_exceeded',
  rate_limit_exceeded: 'rate_limit_exceeded',
  upstream_rejected: 'invalid_prompt',
  invalid_field: 'invalid_prompt',
  image_decode_error: 'invalid_base64_image',
  image_url_not_supported: 'invalid_image_url',
};

/** The error in a failed response. */
function toFailure(error: unknown): ResponseFailure {
  const { code, message } = toAppError(error);
  return { code: CODES[code] ?? 'server_error', message };
}

/** A failure of a stream, as the response and as its `error` event tell it. */
export interface Told {
  readonly failure: ResponseFailure;
  readonly event: { code: string; message: string; param: string | null; error: object };
}

export function tellFailure(error: unknown): Told {
  const failure = toFailure(error);
  const { code, message, param } = toAppError(error);
  const told = { code: failure.code, message, param };
  return { failure, event: { ...told, error: { type: code, ...told } } };
}
