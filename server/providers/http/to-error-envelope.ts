import { isObject } from '../../canonical/json.ts';

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

/**
 * Puts an error into OpenAI's envelope when it has none: Mistral and older vLLM have `message` at the top level;
 * Mistral and FastAPI have a `detail` (there or inside the `message`). Any other value is returned as it is.
 */
export function toErrorEnvelope(body: unknown): unknown {
  if (!isObject(body) || 'error' in body) return body;
  const { message, detail } = body;
  if (typeof message === 'string') return { error: body };
  const found = isObject(message) ? message.detail : detail;
  return found === undefined ? body : { error: { ...body, ...ofDetail(found) } };
}
