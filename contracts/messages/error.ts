import { z } from 'zod';
import { type ErrorBody, errorCatalog, errorCodes } from '../errors.ts';

/** The error types of Anthropic's API. Format: its errors reference. */
const MessageErrorType = z.enum([
  'invalid_request_error',
  'authentication_error',
  'billing_error',
  'permission_error',
  'not_found_error',
  'request_too_large',
  'rate_limit_error',
  'api_error',
  'timeout_error',
  'overloaded_error',
]);
type MessageErrorType = z.infer<typeof MessageErrorType>;

/** The body of every error below `/v1/messages`: Anthropic's envelope, with the gateway's own `code` and `param`. */
export const MessageErrorBody = z
  .object({
    type: z.literal('error'),
    error: z.object({
      type: MessageErrorType,
      message: z.string(),
      code: z.enum(errorCodes).describe('Stable; see `GET /errors`.'),
      param: z.string().nullable(),
      details: z
        .object({ error_code: z.string() })
        .optional()
        .describe("Anthropic's own code of this error, where it has one, such as `thread_unsupported_request`."),
    }),
    request_id: z.string(),
  })
  .meta({ id: 'MessageErrorBody' });
export type MessageErrorBody = z.infer<typeof MessageErrorBody>;

const TYPES: Readonly<Record<number, MessageErrorType>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};

/** Anthropic answers 404 to a model that it does not know, in a request as in a list. */
const statusOf = (code: ErrorBody['error']['code']): number =>
  code === 'model_not_in_allowlist' ? 404 : errorCatalog[code].status;

/**
 * Codes that Anthropic documents for what only its own service does, by the field. Its SDKs go on without the field when they
 * read one: tool runners send `thread`, and then the whole history.
 */
const DETAILS: Readonly<Record<string, string>> = { thread: 'thread_unsupported_request' };

const detailsOf = ({ code, param }: ErrorBody['error']): Pick<MessageErrorBody['error'], 'details'> => {
  const error_code = code === 'invalid_field' ? DETAILS[param ?? ''] : undefined;
  return error_code === undefined ? {} : { details: { error_code } };
};

/** How much too much was sent, in tokens. */
interface Overflow {
  readonly prompt: number | null;
  readonly answer: number | null;
  readonly window: number;
}

/** Anthropic's own words: agents compact their history on the one, shorten the answer on the other, and read the counts. */
function tooLong(message: string, overflow: Overflow | undefined): string {
  if (!overflow) return `prompt is too long: ${message}`;
  const { prompt, answer, window } = overflow;
  if (prompt !== null && prompt > window) return `prompt is too long: ${prompt} tokens > ${window} maximum`;
  if (prompt === null || answer === null) return `prompt is too long: ${message}`;
  const sum = `${prompt} + ${answer} > ${window}`;
  return `input length and \`max_tokens\` exceed context limit: ${sum}, decrease input length or \`max_tokens\` and try again`;
}

/** One of the gateway's errors as Anthropic says it. */
export function toMessageError(
  { error }: ErrorBody,
  requestId: string,
  overflow?: Overflow,
): { status: number; body: MessageErrorBody } {
  const { code, message, param } = error;
  const status = statusOf(code);
  const type = TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  const said = code === 'context_length_exceeded' ? tooLong(message, overflow) : message;
  return {
    status,
    body: { type: 'error', error: { type, message: said, code, param, ...detailsOf(error) }, request_id: requestId },
  };
}
