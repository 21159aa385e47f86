import { isObject, type JsonObject } from './json.ts';

/** What a chat request asked for, as far as an upstream's answer depends on it. */
export interface Asked {
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly n: number;
  readonly logprobs: boolean;
  /** The whole request, for what only one dialect asks. */
  readonly body?: JsonObject;
  /** The endpoint for pictures that was asked, if it was one. */
  readonly images?: 'generations' | 'edits' | null;
}

export function readAsked(json: unknown): Asked {
  const body = isObject(json) ? json : {};
  const options = isObject(body.stream_options) ? body.stream_options : {};
  return {
    model: typeof body.model === 'string' ? body.model : '',
    stream: body.stream === true,
    includeUsage: options.include_usage === true,
    n: typeof body.n === 'number' ? body.n : 1,
    logprobs: body.logprobs === true,
    images: null,
  };
}

export const nothingAsked: Asked = readAsked(null);
