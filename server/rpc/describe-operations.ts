import type { z } from 'zod';
import type { TokenUse } from '../features/access/token-guard.ts';
import type { Meta, Tag } from './meta.ts';

export interface OperationDetails {
  readonly description?: string;
  /** The statuses of its errors. Default: those of the tag's other operations. */
  readonly errors?: readonly number[];
  /** True: it needs no key. */
  readonly open?: boolean;
  /** What client tokens may do with it. Absent: nothing. */
  readonly tokens?: TokenUse;
  /** A request with an idempotency key is answered once. */
  readonly once?: boolean;
  /** REST takes this form in place of JSON. */
  readonly form?: z.ZodType;
}

/** The statuses of the errors that a request to a model can end with, beside those of every operation. */
export const errorResponses = [402, 403, 404, 409, 502, 503, 504];

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/**
 * Makes a function that describes the operations of a tag. In a path, `{+name}` is a parameter that may contain slashes
 * (RFC 6570).
 */
export const describeOperations =
  (tag: Tag, errorsOf: (method: Method) => readonly number[]) =>
  (method: Method, path: `/${string}`, summary: string, details: OperationDetails = {}): Meta => {
    const { description, errors = errorsOf(method), open = false, once = false, form, tokens } = details;
    return {
      openapi: {
        method,
        path,
        tags: [tag.name],
        summary,
        ...(description ? { description } : {}),
        ...(open ? { protect: false } : {}),
        errorResponses: [...errors],
      },
      tag,
      ...(tokens ? { tokens } : {}),
      ...(once ? { once } : {}),
      ...(form ? { form } : {}),
    };
  };
