import { z } from 'zod';
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

/** The error in an upstream's answer, as it was put. */
export interface UpstreamFault {
  readonly message: string;
  /** Code, type and status, and Google's reasons. */
  readonly kind: string;
  readonly param: string | null;
  /** As Google has it: `36.2s`. */
  readonly retryDelay: string | undefined;
}

/** What the path of a field looks like; anything else is not handed on. */
const PATH = /^[\w.[\]-]{1,100}$/;

const NOTHING: UpstreamFault = { message: '', kind: '', param: null, retryDelay: undefined };

/** The error in a body, in whichever envelope; without words when there is none. */
export function readFault(body: unknown): UpstreamFault {
  // Google wraps some of its errors in a list of one.
  const parsed = UpstreamErrorBody.safeParse(toErrorEnvelope(Array.isArray(body) ? body[0] : body));
  if (!parsed.success) return NOTHING;
  const { error } = parsed.data;
  if (typeof error === 'string') return { ...NOTHING, message: error };
  const details = error.details ?? [];
  const said = [error.code, error.type, error.status, ...details.map(({ reason }) => reason)];
  return {
    message: error.message ?? '',
    kind: said.filter((word) => word != null).join(' '),
    param: error.param && PATH.test(error.param) ? withoutSecrets(error.param) : null,
    retryDelay: details.find(({ retryDelay }) => retryDelay)?.retryDelay,
  };
}
