import { expect } from 'vitest';
import { ErrorBody, errorCatalog } from '../../contracts/errors.ts';

/** The error of a response, held to the contract: the envelope and nothing else, with the code's own status and type. */
export async function errorOf(response: Response): Promise<ErrorBody['error'] & { status: number }> {
  const text = await response.text();
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const { error } = ErrorBody.strict().parse(JSON.parse(text));
  expect(Object.keys(error).toSorted()).toEqual(['code', 'message', 'param', 'type']);
  const row = errorCatalog[error.code];
  expect([error.code, response.status, error.type]).toEqual([error.code, row.status, row.type]);
  expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9a-f-]{16,}$/);
  return { ...error, status: response.status };
}
