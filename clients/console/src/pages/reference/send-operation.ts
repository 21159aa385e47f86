import { gatewayUrl } from '../../app/base-path.ts';
import type { Operation } from './read-openapi.ts';

/** The most of an answer that is shown, in characters. */
const LONGEST = 100_000;

/** What the reader has put in for an operation. */
export interface Filled {
  /** The parameters of the path and the query, by their names. */
  readonly values: Readonly<Record<string, string>>;
  /** The body, as JSON text. */
  readonly text: string;
}

export interface Answered {
  readonly status: number;
  readonly ms: number;
  readonly text: string;
}

const indented = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

function toAddress({ path, parameters }: Operation, { values }: Filled): string {
  let filled = path;
  const query = new URLSearchParams();
  for (const { name, place } of parameters) {
    const value = values[name] ?? '';
    if (place === 'path') filled = filled.replace(`{${name}}`, encodeURIComponent(value));
    else if (place === 'query' && value !== '') query.set(name, value);
  }
  return `${gatewayUrl}${filled}${query.size > 0 ? `?${query}` : ''}`;
}

export async function sendOperation(operation: Operation, filled: Filled, key: string | null): Promise<Answered> {
  const { method, body } = operation;
  const begun = performance.now();
  const response = await fetch(toAddress(operation, filled), {
    method: method.toUpperCase(),
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: filled.text } : {}),
  });
  const answer = await response.text();
  return { status: response.status, ms: performance.now() - begun, text: indented(answer.slice(0, LONGEST)) };
}

export function toCurl(operation: Operation, filled: Filled): string {
  const { method, open, body } = operation;
  return [
    `curl -X ${method.toUpperCase()} '${toAddress(operation, filled)}'`,
    ...(open ? [] : ['-H "Authorization: Bearer $BEARER"']),
    ...(body ? ['-H "Content-Type: application/json"', `-d '${filled.text.replaceAll("'", "'\\''")}'`] : []),
  ].join(' \\\n  ');
}
