import type { ErrorCode } from '../../../contracts/errors.ts';

/** What an upstream says about a failure. */
export interface Said {
  /** The status of its response. Null: the failure was reported inside a success. */
  readonly status: number | null;
  /** Code and type of the error, such as `model_not_found invalid_request_error`. */
  readonly kind: string;
  readonly message: string;
}

interface FailureRule {
  readonly means: ErrorCode;
  /** Searched for in the kind and in the message. */
  readonly words?: RegExp;
  /** Searched for in the kind only, since a message may hold any number or name. */
  readonly kind?: RegExp;
  /** A kind that the rule does not apply to: the words may then be the client's own, which the upstream repeats. */
  readonly notKind?: RegExp;
  /** The statuses that the rule applies to. Absent: every status, and failures inside a success. */
  readonly ofStatus?: (status: number | null) => boolean;
  /** The field at fault. */
  readonly param?: string;
}

const isBadRequest = (status: number | null) => status === 400;
const isInside = (status: number | null) => status === null;
/** The statuses of a server that works and has too much to do. Some gateways make 500 or 502 of them. */
const isOverload = (status: number | null) => status !== null && (status === 429 || status >= 500);
const OVERLOAD =
  /overloaded|\b(at|over) capacity\b|capacity temporarily exceeded|no capacity available|capacity_exhausted|high (demand|traffic)|\btoo busy\b|queue_exceeded|insufficient_system_resource|负载已饱和/i;
const isClientFault = (status: number | null) => status === null || status < 500;

/**
 * What the words of an upstream mean, whatever its status: model servers answer 500 to faults of the client, and 400 to
 * faults of the operator. The first matching rule decides. The tests have a sample for each rule, with the server that
 * sends it.
 */
const RULES: readonly FailureRule[] = [
  // The server works, and will take the request a little later.
  {
    means: 'model_loading',
    words:
      /loading (the )?model|model is not (yet )?ready|server is (still )?starting|\bmodel\b.{0,120}\b(is|being) (currently |still )?(loading|loaded|starting)|model_loading/i,
    ofStatus: (status) => status === null || status === 503 || status === 425 || status === 429,
  },
  {
    means: 'model_busy',
    words:
      /pending requests exceeded|queue (is )?full|exceeds? max(imum)? queue|due to backpressure|queue_?(full|overflow)|max(imum)?[ _](number of )?(queued|pending|waiting|in-?flight)|too many (queued|pending|waiting|in-?flight)|server (is )?busy|no slots? available/i,
    ofStatus: (status) => status === null || status === 503 || status === 429,
  },
  // Faults of the request that servers report as their own: a schema or a template that cannot be used, and features
  // that the server was started without. They repeat words of the client, who may write of overloads too.
  {
    means: 'upstream_rejected',
    words:
      /invalid json[ _]schema|(failed|unable) to parse (the )?(grammar|messages|tools|schema|json)|unrecognized schema|jinja exception|json\.exception\.parse_error|(image|audio|video) input is not supported|template error|tools param requires|chat template\b.{0,60}\bnot (yet )?supported|failed to load (image|audio)|missing data required for image|input is too large to process|does(n't| not) support (images?|vision|audio|embeddings?|reranking|tools|thinking|chat|generate)|start it with `?--/i,
    ofStatus: (status) => status === 500,
  },
  { means: 'model_busy', words: OVERLOAD, ofStatus: isOverload },
  { means: 'model_busy', words: OVERLOAD, notKind: /invalid_(request|prompt|argument)/i, ofStatus: isInside },
  // With a 429, the same words are about the key's own rate.
  { means: 'model_busy', words: /\bslow[ _]down\b/i, ofStatus: (status) => status === null || status >= 500 },
  // Anthropic's status for an overload, whatever the body says.
  { means: 'model_busy', ofStatus: (status) => status === 529 },
  { means: 'model_busy', kind: /\b529\b/, ofStatus: isInside },
  // Groq's flex tier has a status of its own.
  { means: 'model_busy', words: /capacity exceeded/i, ofStatus: (status) => status === 498 },
  // LM Studio reports the end of its engine as 400.
  { means: 'upstream_broken', words: /the model has crashed|model (has been |was )?unloaded/i, ofStatus: isBadRequest },
  // The gateway's own key, account or configuration is at fault. Other backends have others.
  {
    means: 'upstream_refused',
    words: /organization must be verified/i,
    ofStatus: (status) => status === 400 || status === 403,
  },
  // New API has no channel for the model.
  { means: 'upstream_refused', kind: /\bmodel_not_found\b/, ofStatus: (status) => status === 503 },
  { means: 'upstream_refused', kind: /API_KEY_INVALID|FAILED_PRECONDITION/, ofStatus: (status) => status === 400 },
  // LiteLLM's proxy without a database says 400 to every key that is not its own.
  { means: 'upstream_refused', kind: /\bno_db_connection\b/, ofStatus: (status) => status === 400 },
  // xAI says 400 to a wrong key.
  { means: 'upstream_refused', words: /\b(incorrect|invalid) api[ _](key|token)\b/i, ofStatus: isClientFault },
  {
    means: 'upstream_refused',
    words:
      /\bmodel_not_found\b|\bmodel_not_(available|supported)\b|\binvalid_model\b|invalid model name|no such model|unknown[ _]model\b|unable to access (non-serverless )?model|is not a valid model id|could not find real modelid|model identifier is invalid|on-demand throughput isn.t supported|model has not been loaded|not supported by any provider|operation does not work with the specified model|\bmodel\b.{0,120}\b(not found|does not exist|not exist)\b/i,
    ofStatus: isClientFault,
  },
  // Anthropic answers 400 when the account has no credit.
  { means: 'model_quota_exhausted', words: /credit balance is too low|reached your specified .*usage limits/i },
  // Groq answers 413, and Perplexity 401, to an account at its limit.
  {
    means: 'model_quota_exhausted',
    kind: /\b(insufficient_quota|rate_limit_exceeded)\b/,
    ofStatus: (status) => status === 401 || status === 413,
  },
  // The account behind the gateway's key has no money left. Words in a 400 may be the client's own, so only a kind counts.
  { means: 'model_quota_exhausted', kind: /\b(budget_exceeded|arrearage)\b/i, ofStatus: isBadRequest },
  {
    means: 'model_quota_exhausted',
    words:
      /insufficient[ _](user[ _])?(quota|balance|credits?)|balance is insufficient|spending limit|overdue|account is suspended|have any credits|budget has been exceeded|余额不足|额度不足/i,
    ofStatus: (status) => status === 401 || status === 403 || status === 412,
  },
  // LiteLLM and others report the limit of a vendor as a failure of their own.
  {
    means: 'model_quota_exhausted',
    words: /\bRateLimitError\b/,
    ofStatus: (status) => status !== null && status >= 500,
  },
  // xAI.
  { means: 'upstream_rejected', words: /violates usage guidelines/i, ofStatus: (status) => status === 403 },
  // OpenRouter answers 403 and 404 to faults of the request.
  {
    means: 'upstream_rejected',
    words: /requires moderation|input was flagged|no endpoints found that (can )?support/i,
    ofStatus: (status) => status === 403 || status === 404,
  },
  // The request does not fit the model's context window.
  {
    means: 'context_length_exceeded',
    words:
      /context_length_exceeded|exceed_context_size|maximum context length|context (window|length|size|limit)|input length exceeds|(prompt|input) is too long|input token count.*exceeds the maximum/i,
    ofStatus: isClientFault,
    param: 'messages',
  },
  {
    means: 'context_length_exceeded',
    words:
      /ContextWindowExceeded|maximum (model|prompt|input) length|range of input length|exceeded model token limit|(prompt|input) (length|tokens?|token count)\b[^.]{0,60}\b(exceeds?|is longer than)\b|token count is \d+ but (the )?model only supports|n_keep \(\d+\) >= n_ctx|model_max_prompt_tokens_exceeded|tokens_limit_reached|total tokens[^.]{0,40} exceed max message tokens|reduce the length of the (messages|prompt|input)|prompt exceeds max length|input tokens exceeded|prompt too long|prompt 超长|too many input tokens|max input (tokens|characters)|number of input tokens \d+ cannot exceed|larger than the model input length|\bmax_(seq_len|num_tokens)\b/i,
    ofStatus: (status) => status === null || (status >= 400 && status < 500 && status !== 429),
    param: 'messages',
  },
  {
    means: 'context_length_exceeded',
    words: /too many tokens.*prompt|`?inputs`? (tokens|must have less than \d+ tokens)/i,
    ofStatus: (status) => status !== null && status >= 400 && status < 500 && status !== 429,
    param: 'messages',
  },
  // Some servers report a prompt that is too long as a failure of their own.
  {
    means: 'context_length_exceeded',
    words:
      /\bexceeds? (the |its )?(available |model('s)? |maximum )?context (size|window|length)|context size has been exceeded|context_length_exceeded/i,
    ofStatus: (status) => status === 500,
    param: 'messages',
  },
  // The client asked for a longer answer than the model can give; a shorter prompt would not help.
  {
    means: 'upstream_rejected',
    words: /max_(output_|completion_)?tokens[^.]{0,60}(too large|cannot be greater than|exceeds? the (maximum|limit))/i,
    ofStatus: isClientFault,
    param: 'max_tokens',
  },
  {
    means: 'max_tokens_below_minimum',
    words: /max_(output_|completion_)?tokens.*(at least|minimum|below|greater than|>=)/i,
    ofStatus: isClientFault,
    param: 'max_tokens',
  },
  {
    means: 'upstream_rejected',
    words: /not[ _](supported|implemented)|does(n't| not) support/i,
    ofStatus: (status) => status === 501,
  },
  // A failure inside a success has no status, so the kind of the error decides. OpenAI's `ResponseErrorCode`:
  { means: 'upstream_rejected', kind: /\binvalid_prompt\b/, ofStatus: isInside, param: 'messages' },
  {
    means: 'upstream_rejected',
    kind: /\b(invalid_[a-z0-9_]*image[a-z_]*|image_[a-z_]+|unsupported_image_media_type|empty_image_file|failed_to_download_image)\b/,
    ofStatus: isInside,
  },
  { means: 'upstream_unavailable', kind: /unavailable|\b503\b/i, ofStatus: isInside },
  { means: 'upstream_timeout', kind: /timeout_error|deadline_exceeded|\b(408|504)\b/i, ofStatus: isInside },
  {
    means: 'model_quota_exhausted',
    kind: /rate_limit|resource_exhausted|insufficient_quota|\b(402|429)\b/i,
    ofStatus: isInside,
  },
  {
    means: 'upstream_refused',
    kind: /authentication|permission|unauthenticated|invalid_api_key|not_found|\b(401|403|404)\b/i,
    ofStatus: isInside,
  },
  {
    means: 'upstream_rejected',
    kind: /invalid_(request|argument)|bad_? ?request|unprocessable|request_too_large|content_?(policy|filter)|policy_violation|(cyber|bio)_policy|\b(400|413|415|422)\b/i,
    ofStatus: isInside,
  },
];

/** 522 and 524 are Cloudflare's, in front of a server: "connection timed out" and "a timeout occurred". */
const TIMEOUTS: ReadonlySet<number> = new Set([408, 504, 522, 524]);
/** Cloudflare's 521, 523 and 530: "web server is down", "origin is unreachable" and an error of the address. */
const UNAVAILABLE: ReadonlySet<number> = new Set([503, 521, 523, 530]);
/** Text Generation Inference and Bedrock answer 424 when the model fails; a proxy answers 499 when it gave up. */
const FAILED: ReadonlySet<number> = new Set([424, 499]);

/** The meaning of a status when no rule matches. */
function meaningOfStatus(status: number | null): ErrorCode {
  if (status === null) return 'upstream_broken';
  if (status === 401 || status === 403 || status === 404) return 'upstream_refused';
  if (status === 402 || status === 429) return 'model_quota_exhausted';
  if (TIMEOUTS.has(status)) return 'upstream_timeout';
  if (UNAVAILABLE.has(status)) return 'upstream_unavailable';
  if (FAILED.has(status)) return 'upstream_broken';
  return status >= 400 && status < 500 ? 'upstream_rejected' : 'upstream_broken';
}

export interface Meaning {
  readonly code: ErrorCode;
  /** The field at fault, when the message names it. */
  readonly param?: string | undefined;
}

/** What a failure means to the client, the fallback chain and the circuit breaker. */
export function meaningOf({ status, kind, message }: Said): Meaning {
  const words = `${kind} ${message}`;
  const rule = RULES.find(
    (one) =>
      (one.ofStatus?.(status) ?? true) &&
      (one.words?.test(words) ?? true) &&
      (one.kind?.test(kind) ?? true) &&
      !one.notKind?.test(kind),
  );
  return rule ? { code: rule.means, param: rule.param } : { code: meaningOfStatus(status) };
}
