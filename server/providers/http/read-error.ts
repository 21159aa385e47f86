import { z } from 'zod';
import { AppError, type Overflow } from '../../errors/app-error.ts';
import { type Answer, type Exchange, isSuccess } from './exchange.ts';
import { MAX_ERROR } from './limits.ts';
import { readOverflow } from './read-overflow.ts';
import { withoutSecrets } from './secrets.ts';
import { toErrorEnvelope } from './to-error-envelope.ts';

/** Of Google's errors: `ErrorInfo` has a `reason`, `RetryInfo` a `retryDelay` such as `36.2s`. */
const GoogleDetail = z.looseObject({ reason: z.string().optional(), retryDelay: z.string().optional() });

/** OpenAI's envelope, which Anthropic and Google share, and the deviations: integer codes, `status`, a bare text. */
const UpstreamErrorBody = z.looseObject({
  error: z.union([
    z.string(),
    z.looseObject({
      message: z.string().nullish(),
      type: z.string().nullish(),
      param: z.string().nullish(),
      code: z.union([z.string(), z.number()]).nullish(),
      status: z.string().nullish(),
      details: z.array(GoogleDetail).nullish().catch(null),
    }),
  ]),
});

interface UpstreamFault {
  readonly message: string;
  readonly type: string;
  readonly code: string;
  readonly param: string | null;
  /** The vendor blames our key or account, whatever the status. */
  readonly refusesUs: boolean;
  /** In seconds. */
  readonly retryAfter: number | undefined;
}

/** What the path of a field looks like; anything else is not handed on. */
const PATH = /^[\w.[\]-]{1,100}$/;

/** Google says 400 to a key that is not valid and to a country that it does not serve. */
const REFUSES_US = new Set(['API_KEY_INVALID', 'FAILED_PRECONDITION']);

const plain = { code: '', type: '', param: null, refusesUs: false, retryAfter: undefined };

function parseFault(body: unknown): UpstreamFault | null {
  // Google wraps some of its errors in a list of one.
  const parsed = UpstreamErrorBody.safeParse(Array.isArray(body) ? body[0] : body);
  if (!parsed.success) return null;
  const { error } = parsed.data;
  if (typeof error === 'string') return { ...plain, message: error };
  const details = error.details ?? [];
  return {
    message: error.message ?? '',
    type: error.type ?? error.status ?? '',
    code: String(error.code ?? ''),
    param: error.param && PATH.test(error.param) ? withoutSecrets(error.param) : null,
    refusesUs: [error.status, ...details.map(({ reason }) => reason)].some((said) => REFUSES_US.has(said ?? '')),
    retryAfter: secondsOf(details.find(({ retryDelay }) => retryDelay)?.retryDelay?.replace(/s$/, '')),
  };
}

/** vLLM, llama.cpp, Ollama, OpenAI and OpenRouter each say it in their own words; the status alone says nothing. */
const OVERFLOW =
  /context_length_exceeded|exceed_context_size|maximum context length|context (window|length|size|limit)|input length exceeds|prompt is too long|input token count.*exceeds the maximum/i;
const OVERLOADED = /overloaded|unavailable|\b(503|529)\b/i;
const QUOTA = /rate_limit|resource_exhausted|insufficient_quota|\b429\b/i;
const TIMED_OUT = /timeout_error|deadline_exceeded|\b504\b/i;
/** Anthropic says 400 to an account without money, which is not the client's fault. */
const NO_MONEY = /credit balance is too low|reached your specified .*usage limits/i;
const MAX_TOKENS_LOW = /max_(output_|completion_)?tokens.*(at least|minimum|below|greater than|>=)/i;

/** What an upstream says about a request goes to the client, but never anything that looks like a key. */
function redact(message: string): string {
  return withoutSecrets(message)
    .replace(/\b(sk|pk|key|token|Bearer)[-_ ][A-Za-z0-9_.-]{6,}/gi, '[redacted]')
    .replace(/\bAIza[A-Za-z0-9_-]{10,}/g, '[redacted]')
    .replace(/\b(?=[A-Za-z]*\d)[A-Za-z0-9]{32,}\b/g, '[redacted]')
    .slice(0, 500);
}

/** No upstream means more than a day, in seconds. */
const LONGEST_WAIT = 86_400;

const secondsOf = (text: string | string[] | undefined) => {
  const seconds = Number(Array.isArray(text) ? text[0] : text);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(Math.ceil(seconds), LONGEST_WAIT) : undefined;
};

const parseOrNull = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** What an answer that is not a success means. */
function readErrorResponse(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: Buffer,
): AppError {
  if (isRedirect(status)) {
    return new AppError('upstream_refused', 'The upstream answered with a redirect, which is not followed.');
  }
  const fault = parseFault(toErrorEnvelope(parseOrNull(body.toString('utf8', 0, MAX_ERROR))));
  const cause = new Error(`upstream answered ${status}: ${redact(fault?.message ?? body.toString('utf8', 0, 300))}`);
  if (fault && status < 500 && OVERFLOW.test(`${fault.code} ${fault.type} ${fault.message}`))
    return overflow(fault, cause);
  if (status === 401 || status === 403 || (status === 400 && fault?.refusesUs)) {
    return new AppError('upstream_refused', undefined, { cause });
  }
  if (status === 429 || status === 402 || NO_MONEY.test(fault?.message ?? '')) {
    const retryAfter = secondsOf(headers['retry-after']) ?? fault?.retryAfter;
    return new AppError('model_quota_exhausted', undefined, { cause, retryAfter });
  }
  if (status === 408 || status === 504) return new AppError('upstream_timeout', undefined, { cause });
  if (status === 404) {
    return new AppError('upstream_refused', 'The upstream does not know the configured model or path.', { cause });
  }
  if (status === 503 || status === 529) return new AppError('upstream_unavailable', undefined, { cause });
  if (status >= 400 && status < 500) return rejected(fault, cause);
  // llama.cpp answers 500 for faults of the request, such as an image to a text model.
  return new AppError('upstream_broken', undefined, { cause });
}

/** An error that arrives inside a 200: as the whole body, or as an event of a stream. */
export function readErrorEvent(body: unknown): AppError {
  const fault = parseFault(body);
  const cause = new Error(`upstream error in its answer: ${redact(fault?.message ?? '')}`);
  if (fault && OVERFLOW.test(`${fault.code} ${fault.type} ${fault.message}`)) return overflow(fault, cause);
  const kind = `${fault?.code} ${fault?.type}`;
  if (OVERLOADED.test(kind)) return new AppError('upstream_unavailable', undefined, { cause });
  if (TIMED_OUT.test(kind)) return new AppError('upstream_timeout', undefined, { cause });
  if (QUOTA.test(kind)) {
    return new AppError('model_quota_exhausted', undefined, { cause, retryAfter: fault?.retryAfter });
  }
  return new AppError('upstream_broken', 'The upstream failed while answering.', { cause });
}

/** Many clients know an overflow by these words of OpenAI's alone, whatever the code: LiteLLM, so aider, and Continue. */
function sayOverflow(told: Overflow | null): string {
  if (!told) return "This model's maximum context length is exceeded.";
  const { prompt, answer, window } = told;
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

function rejected(fault: UpstreamFault | null, cause: Error): AppError {
  if (fault && MAX_TOKENS_LOW.test(fault.message)) {
    return new AppError('max_tokens_below_minimum', undefined, { param: 'max_tokens', cause });
  }
  // OpenAI's Responses API says so with 400.
  if (fault?.code === 'model_not_found') return new AppError('upstream_refused', undefined, { cause });
  return new AppError('upstream_rejected', fault?.message ? redact(fault.message) : undefined, {
    cause,
    ...(fault?.param ? { param: fault.param } : {}),
  });
}

const NOTHING = Buffer.alloc(0);
const isRedirect = (status: number) => status >= 300 && status < 400;

/** Resolves when the answer is a success; throws what it means when it is not. */
export async function expectSuccess(exchange: Exchange): Promise<void> {
  const { status, headers } = await exchange.head;
  if (isSuccess(status)) return;
  if (isRedirect(status)) exchange.abort();
  throw readErrorResponse(status, headers, isRedirect(status) ? NOTHING : await exchange.readAll(MAX_ERROR));
}

/** The body of a whole answer that is a success; throws what it means when it is not. */
export function successOf({ status, headers, body }: Answer): Buffer {
  if (isSuccess(status)) return body;
  throw readErrorResponse(status, headers, body);
}
