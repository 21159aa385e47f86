import type { OpenApiMeta } from 'trpc-to-openapi';
import type { z } from 'zod';

/** A part of the OpenAPI document, with the operations of one room. */
export interface Tag {
  readonly name: string;
  readonly about: string;
  /** The schema of its errors; default `ErrorBody`. */
  readonly errorBody?: z.ZodType;
}

/** What is known of a procedure beside its types. */
export type Meta = OpenApiMeta & {
  tag?: Tag;
  /** The form that REST takes in place of JSON. */
  form?: z.ZodType;
  /** On a subscription: the procedure beside it which REST answers with this stream when the request says `stream: true`. */
  streams?: string;
  /** On such a subscription: the schema of its events. */
  event?: z.ZodType;
  /** On such a subscription: REST answers with it unless the request says `stream: false`. */
  streamsByDefault?: boolean;
};
