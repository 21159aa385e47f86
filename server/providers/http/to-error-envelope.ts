import { isObject } from '../../canonical/json.ts';
import { tableOf } from '../../canonical/table-of.ts';

/** One finding of pydantic, as FastAPI reports it: `loc` is `['body', 'messages', 0, 'content']`. */
function ofFinding(finding: unknown): Record<string, unknown> {
  if (!isObject(finding)) return {};
  const place = Array.isArray(finding.loc) ? finding.loc.filter((step) => step !== 'body') : [];
  const param = place
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i > 0 ? '.' : ''}${step}`))
    .join('');
  const said = typeof finding.msg === 'string' ? finding.msg : '';
  return { message: param ? `${param}: ${said}` : said, param: param || null };
}

function ofDetail(detail: unknown): Record<string, unknown> {
  return typeof detail === 'string' ? { message: detail } : ofFinding(Array.isArray(detail) ? detail[0] : detail);
}

/** MiniMax's error codes, as words: https://platform.minimax.io/docs/api-reference/errorcode */
const MINIMAX = tableOf<string>({
  1002: 'rate_limit',
  1004: 'authentication',
  1008: 'insufficient_quota',
  1026: 'content_policy',
  1027: 'content_policy',
  1039: 'rate_limit',
  2013: 'invalid_request',
  2049: 'invalid_api_key',
});

/** Where MiniMax, Baidu, and servers in Java or Go with an envelope of their own have the words and the code. */
const OTHER_NAMES: readonly (readonly [message: string, code: string])[] = [
  ['status_msg', 'status_code'],
  ['error_msg', 'error_code'],
  ['errorMessage', 'errorCode'],
  ['msg', 'code'],
];

/** An error in the envelope of one of these vendors; null when there is none. MiniMax has it beside an answer, too. */
function ofOtherNames(body: Record<string, unknown>): Record<string, unknown> | null {
  const { base_resp: minimax, errors } = body;
  // Cloudflare and watsonx have a list.
  if (Array.isArray(errors) && isObject(errors[0])) return { ...body, ...errors[0] };
  const inner = isObject(minimax) ? minimax : body;
  for (const [words, number] of OTHER_NAMES) {
    const { [words]: message, [number]: code } = inner;
    if (typeof message === 'string' && !isFine(code)) return { ...body, message, code, type: MINIMAX[String(code)] };
  }
  return null;
}

/** Whether a code says that all is well. */
const isFine = (code: unknown): boolean => /^(0+|2\d\d|ok|success|null)$/i.test(String(code));

/** Words that only the type, the code or the status of an error has. */
const ERROR_WORDS =
  /error|exception|fail|invalid|denied|refus|reject|unauthori[sz]ed|forbidden|not_?found|exceeded|exhausted|limit|overload|unavailable|time_?out|abort/i;

const isErrorWord = (word: unknown): boolean => {
  if (typeof word !== 'string' && typeof word !== 'number') return false;
  const isCode = /^\d+$/.test(String(word));
  return isCode ? !isFine(word) : ERROR_WORDS.test(String(word));
};

/**
 * Whether an envelope is certainly one of an error. An event that only has a `message` may be a notice, such as "queued"
 * or "searching the web".
 */
export function isMarkedError(body: Record<string, unknown>): boolean {
  const { error, type, object, code, status, success } = body;
  if (error || success === false) return true;
  return [type, object, code, status].some(isErrorWord) || ofOtherNames(body) !== null;
}

/**
 * Puts an error into OpenAI's envelope when it has none: Mistral and older vLLM have `message` at the top level;
 * Mistral and FastAPI have a `detail` (there or inside the `message`). Any other value is returned as it is.
 */
export function toErrorEnvelope(body: unknown): unknown {
  if (!isObject(body) || 'error' in body) return body;
  const { message, detail } = body;
  if (typeof message === 'string') return { error: body };
  const found = isObject(message) ? message.detail : detail;
  if (found !== undefined) return { error: { ...body, ...ofDetail(found) } };
  const other = ofOtherNames(body);
  return other ? { error: other } : body;
}
