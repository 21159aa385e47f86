import type { OpenApiMeta } from 'trpc-to-openapi';
import type { z } from 'zod';
import type { TokenUse } from '../features/access/token-guard.ts';

/** A tag of the OpenAPI document: the operations of one room. */
export interface Tag {
  readonly name: string;
  readonly about: string;
  /** The schema of its errors. Default: `ErrorBody`. */
  readonly errorBody?: z.ZodType;
}

/** The facts about a procedure that are not in its types. */
export type Meta = OpenApiMeta & {
  tag?: Tag;
  /** What client tokens may do with it. Absent: nothing. */
  tokens?: TokenUse;
  /** Whether a request with an idempotency key is answered once. */
  once?: boolean;
  /** The form that REST takes in place of JSON. */
  form?: z.ZodType;
  /**
   * On a subscription: the name of the procedure beside it that REST answers with this stream when the request says
   * `stream: true`.
   */
  streams?: string;
  /** On such a subscription: the schema of its events. */
  event?: z.ZodType;
  /** On such a subscription: REST answers with the stream unless the request says `stream: false`. */
  streamsByDefault?: boolean;
};
