import type { IncomingHttpHeaders } from 'node:http';
import { isRecord } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { readJson } from './read-json.ts';

/** A request of tRPC over HTTP. */
export interface TrpcRequest {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Undefined for a query, whose input is in the URL. */
  readonly body: Buffer | undefined;
}

/**
 * The inputs of the calls of one request. They are read once, when the first is asked for: by then the caller was let
 * in. Null where tRPC adds to the input itself, which it does for a resumed subscription.
 */
export function trpcInputs({ url, headers, body }: TrpcRequest, maxValues: number): ((call: number) => unknown) | null {
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1));
  const id = headers['last-event-id'] ?? query.get('lastEventId') ?? query.get('Last-Event-Id');
  if (!body && id != null) return null;
  const isBatch = query.get('batch') === '1';
  let reading: Promise<unknown> | null = null;
  return async (call) => {
    reading ??= readValue(body ?? Buffer.from(query.get('input') ?? ''), maxValues);
    const value = await reading;
    if (!isBatch || value === undefined) return value;
    if (!isRecord(value)) throw new AppError('invalid_json', 'The input of a batch must be a JSON object.');
    return value[String(call)];
  };
}

async function readValue(text: Buffer, maxValues: number): Promise<unknown> {
  if (text.length === 0) return undefined;
  const { value } = await readJson(text, maxValues);
  return value;
}
