import { z } from 'zod';
import { withoutSecrets } from './secrets.ts';
import { toErrorEnvelope } from './to-error-envelope.ts';

/** Details of Google's errors: `ErrorInfo` has a `reason`, `RetryInfo` a `retryDelay` such as `36.2s`. */
const GoogleDetail = z.looseObject({ reason: z.string().optional(), retryDelay: z.string().optional() });

/**
 * OpenAI's error envelope, which Anthropic and Google share, and its variants: integer codes, `status`, a plain text.
 */
const UpstreamErrorBody = z.looseObject({
  /** xAI sends the code beside an error that is a plain text. */
  code: z.union([z.string(), z.number()]).nullish().catch(null),
  /** Hugging Face sends the time until its model is loaded, in seconds. */
  estimated_time: z.number().nonnegative().nullish().catch(null),
  error: z.union([
    z.string(),
    z.looseObject({
      message: z.string().nullish(),
      type: z.string().nullish(),
      param: z.string().nullish(),
      code: z.union([z.string(), z.number()]).nullish(),
      // Google sends a name here, Azure the status code.
      status: z.union([z.string(), z.number()]).nullish(),
      details: z.array(GoogleDetail).nullish().catch(null),
      // OpenRouter's: what the provider behind it answered, as text.
      metadata: z
        .looseObject({ raw: z.string().nullish().catch(null) })
        .nullish()
        .catch(null),
    }),
  ]),
});

/** The error in an upstream's response, as the upstream reported it. */
export interface UpstreamFault {
  readonly message: string;
  /** Code, type and status of the error, and Google's reasons. */
  readonly kind: string;
  readonly param: string | null;
  /** The delay in the body of the error, as Google writes it: `36.2s`. */
  readonly retryDelay: string | undefined;
}

/** How llama.cpp names a field: "Field 'n': Value must be between 1 <= value <= 1". */
const NAMED = /\bField '([\w.[\]-]{1,100})': /;

/** What the path of a field looks like; anything else is not handed on. */
const PATH = /^[\w.[\]-]{1,100}$/;

const NOTHING: UpstreamFault = { message: '', kind: '', param: null, retryDelay: undefined };

const pathOf = (param: string | undefined): string | null => (param && PATH.test(param) ? withoutSecrets(param) : null);

/** What the provider behind OpenRouter said, in place of words that say nothing. */
function behind(message: string, raw: string | null | undefined): string {
  if (!raw || !/^provider returned error$/i.test(message)) return message;
  try {
    return readFault(JSON.parse(raw)).message || message;
  } catch {
    return raw;
  }
}

/** The error in a body, in whichever envelope; without words when there is none. */
export function readFault(body: unknown): UpstreamFault {
  // Google wraps some of its errors in a list with one entry.
  const parsed = UpstreamErrorBody.safeParse(toErrorEnvelope(Array.isArray(body) ? body[0] : body));
  if (!parsed.success) return NOTHING;
  const { error, code, estimated_time: seconds } = parsed.data;
  const estimated = seconds == null ? undefined : String(seconds);
  if (typeof error === 'string') return { ...NOTHING, message: error, kind: String(code ?? ''), retryDelay: estimated };
  const details = error.details ?? [];
  const said = [error.code, error.type, error.status, ...details.map(({ reason }) => reason)];
  const message = behind(error.message ?? '', error.metadata?.raw);
  return {
    message,
    kind: said.filter((word) => word != null).join(' '),
    param: pathOf(error.param ?? NAMED.exec(message)?.[1]),
    retryDelay: details.find(({ retryDelay }) => retryDelay)?.retryDelay ?? estimated,
  };
}
