import { isRecord } from '../../canonical/json.ts';
import { replaceHalves } from '../../canonical/read-body/replace-halves.ts';
import { AppError, type Overflow } from '../../errors/app-error.ts';
import { type Answer, type Exchange, isSuccess } from './exchange.ts';
import { type Meaning, meaningOf } from './failure-rules.ts';
import { MAX_ERROR } from './limits.ts';
import { readFault, type UpstreamFault } from './read-fault.ts';
import { readOverflow } from './read-overflow.ts';
import { readDuration, readRetryAfter } from './read-retry-after.ts';
import { redact } from './redact.ts';
import { toErrorEnvelope } from './to-error-envelope.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** What an upstream says about a request goes to the client, but never anything that looks like a key. */
const saidBy = (message: string): string => replaceHalves(redact(message).slice(0, 500));

const parseOrNull = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** An error that is plain text and no web page, as web frameworks in Rust and Go send it. */
const plainText = (text: string): unknown => (/^\s*[^\s<{[]/.test(text) ? { error: text.trim() } : null);

/** The error that a response with another status than success means. */
function readErrorResponse(status: number, headers: Headers, body: Buffer): AppError {
  if (isRedirect(status)) {
    return new AppError('upstream_refused', 'The upstream answered with a redirect, which is not followed.');
  }
  const text = body.toString('utf8', 0, MAX_ERROR);
  const fault = readFault(parseOrNull(text) ?? plainText(text));
  const cause = new Error(`upstream answered ${status}: ${saidBy(fault.message || text.slice(0, 300))}`);
  const meaning = meaningOf({ status, kind: fault.kind, message: fault.message });
  const message = status === 404 ? 'The upstream does not know the configured model or path.' : undefined;
  return toError(meaning, fault, { headers, cause, message });
}

/** The error that arrives inside a success: as the whole body, or as an event of a stream. */
export function readErrorEvent(body: unknown): AppError {
  const fault = readFault(body);
  const cause = new Error(`upstream error in its answer: ${saidBy(fault.message)}`);
  const meaning = meaningOf({ status: null, kind: fault.kind, message: fault.message });
  return toError(meaning, fault, { headers: {}, cause, message: 'The upstream failed while answering.' });
}

/** The error in a response that is one; null when it is not an error. */
export function failureIn(body: unknown): AppError | null {
  if (!isRecord(body) || (body.choices != null && !body.error)) return null;
  const told = toErrorEnvelope(body);
  return isRecord(told) && told.error ? readErrorEvent(told) : null;
}

/** The fields of an answer, or of a piece of one, in each of the dialects. */
const ANSWER_FIELDS = ['choices', 'output', 'candidates', 'content', 'promptFeedback', 'response', 'delta'] as const;

/**
 * The error in a body or an event that has nothing of an answer, whatever its envelope: proxies in front of a vendor have
 * envelopes of their own. Null when it is not an error.
 */
export function bareFailureIn(body: unknown): AppError | null {
  return isRecord(body) && ANSWER_FIELDS.every((name) => body[name] == null) ? failureIn(body) : null;
}

interface Circumstances {
  readonly headers: Headers;
  /** Goes to the log. */
  readonly cause: Error;
  /** Replaces the catalog's description where the upstream's own message does not go to the client. */
  readonly message: string | undefined;
}

function toError({ code, param: known }: Meaning, fault: UpstreamFault, circumstances: Circumstances): AppError {
  const { headers, cause, message } = circumstances;
  const param = fault.param ?? known;
  switch (code) {
    case 'context_length_exceeded':
      return overflow(fault, cause);
    case 'upstream_rejected':
      return new AppError(code, wordsOf(fault), { cause, ...(param ? { param } : {}) });
    case 'max_tokens_below_minimum':
      return new AppError(code, undefined, { cause, ...(known ? { param: known } : {}) });
    case 'upstream_broken':
    case 'upstream_refused':
      return new AppError(code, message, { cause });
    default: {
      const retryAfter = readRetryAfter(headers, fault.message) ?? readDuration(fault.retryDelay);
      return new AppError(code, undefined, { cause, retryAfter });
    }
  }
}

/** What the upstream said: its message, or else its code. Undefined when it said neither. */
function wordsOf({ message, kind }: UpstreamFault): string | undefined {
  if (message !== '') return saidBy(message);
  return kind === '' ? undefined : `The upstream rejected the request: ${saidBy(kind)}.`;
}

/**
 * The message of an overflow in OpenAI's words. Many clients, such as LiteLLM (and so aider) and Continue, recognise an
 * overflow by these words only, whatever the code.
 */
function sayOverflow(told: Overflow | null): string {
  if (!told) return "This model's maximum context length is exceeded.";
  const { prompt, answer, window } = told;
  if (prompt === null) return `This model's maximum context length is ${window} tokens. The prompt is longer.`;
  const asked = answer === null ? `${prompt} tokens` : `${prompt} tokens and asks for ${answer} more`;
  return `This model's maximum context length is ${window} tokens. The prompt has ${asked}.`;
}

function overflow({ message }: UpstreamFault, cause: Error): AppError {
  const told = readOverflow(message);
  return new AppError('context_length_exceeded', sayOverflow(told), {
    param: 'messages',
    cause,
    overflow: told ?? undefined,
  });
}

const NOTHING = Buffer.alloc(0);
const isRedirect = (status: number) => status >= 300 && status < 400;

/** Resolves when the response is a success; throws the error that it means when it is not. */
export async function expectSuccess(exchange: Exchange): Promise<void> {
  const { status, headers } = await exchange.head;
  if (isSuccess(status)) return;
  if (isRedirect(status)) exchange.abort();
  throw readErrorResponse(status, headers, isRedirect(status) ? NOTHING : await exchange.readAll(MAX_ERROR));
}

/** The body of a successful response; throws the error that it means when it is not a success. */
export function successOf({ status, headers, body }: Answer): Buffer {
  if (isSuccess(status)) return body;
  throw readErrorResponse(status, headers, body);
}
