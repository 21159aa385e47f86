import type { Target } from './trace.ts';

export const headersOf = ({ key }: Pick<Target, 'key'>) => ({
  authorization: `Bearer ${key}`,
  'content-type': 'application/json',
});

/** Sends a body as JSON, with the key of the target. */
export const postJson = (target: Target, path: string, body: unknown): Promise<Response> =>
  fetch(target.url + path, { method: 'POST', headers: headersOf(target), body: JSON.stringify(body) });
