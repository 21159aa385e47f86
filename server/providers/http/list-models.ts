import { isRecord } from '../../canonical/json.ts';
import type { ModelListing } from '../provider.ts';
import type { Exchange } from './exchange.ts';
import { MAX_SMALL_ANSWER } from './limits.ts';
import { successOf } from './read-error.ts';
import { toUpstreamError } from './upstream-client.ts';

/** OpenAI's and Anthropic's lists have `data` with ids; Gemini's has `models` with names such as `models/gemini-3`. */
function namesIn(body: unknown): string[] | null {
  if (!isRecord(body)) return null;
  const items = body.data ?? body.models;
  if (!Array.isArray(items)) return null;
  return items.flatMap((item: unknown) => {
    const name = isRecord(item) ? (item.id ?? item.name) : null;
    return typeof name === 'string' ? [name.replace(/^models\//, '')] : [];
  });
}

/** Whether this is only the first page of a list. OpenAI and Anthropic send `has_more`, Gemini `nextPageToken`. */
const isCut = (body: unknown): boolean => isRecord(body) && (body.has_more === true || Boolean(body.nextPageToken));

/** Reads a vendor's list of models. Throws as `complete` does. */
export async function readModelList(exchange: Exchange): Promise<ModelListing> {
  try {
    const answer = await exchange.collect(MAX_SMALL_ANSWER);
    const body: unknown = JSON.parse(successOf(answer).toString('utf8'));
    const date = Date.parse(String(answer.headers.date ?? ''));
    const names = namesIn(body);
    const at = Number.isNaN(date) ? null : new Date(date);
    return { models: isCut(body) ? null : names, isList: names !== null, at };
  } catch (error) {
    if (error instanceof SyntaxError) return { models: null, isList: false, at: null };
    throw toUpstreamError(error);
  }
}
