import type { z } from 'zod';
import { Json } from '../canonical/json.ts';
import type { KnownFields } from './known-fields.ts';

/** How REST writes what a procedure returned, where that differs from what callers of tRPC get. */
interface RestForms<Made> {
  /** The body; default: what callers of tRPC get. */
  readonly body?: (made: Made) => object;
  /** The body for clients of Anthropic's, where an address has two shapes. */
  readonly anthropic?: (made: Made) => object;
  /** The body as `text/csv`, when the query says `format=csv`. */
  readonly csv?: (made: Made) => string;
  /** The status, where it is not always 200. */
  readonly status?: (made: Made) => number;
}

/**
 * What a procedure returns and what callers see of it. Bytes that came from an upstream (`Json`) leave as they are on REST;
 * callers of tRPC get the value. Nothing is parsed again, so fields that only the upstream knows reach the client: the schema
 * is for the OpenAPI document alone.
 */
export class Output<Made, Shown> {
  /** For tRPC's types alone; neither field exists. */
  declare readonly _input: Made;
  declare readonly _output: Shown;
  readonly schema: z.ZodType;
  readonly forms: RestForms<Made>;
  readonly #show: (made: Made) => object;

  constructor(schema: z.ZodType, show: (made: Made) => object, forms: RestForms<Made>) {
    this.schema = schema;
    this.#show = show;
    this.forms = forms;
  }

  /** For callers of tRPC, which calls this "parsing the output". */
  parse(made: Made): object {
    const shown = this.#show(made);
    return shown instanceof Json ? shown.value : shown;
  }

  /** The body on REST. */
  write(made: Made, dialect: 'anthropic' | undefined): Buffer | string {
    const { body = this.#show, anthropic } = this.forms;
    const written = (dialect === 'anthropic' && anthropic ? anthropic : body)(made);
    return written instanceof Json ? written.bytes : JSON.stringify(written);
  }
}

type Object = z.ZodType<object>;

/** An answer as its contract says it, as a value or as bytes. */
export const answers = <Schema extends Object>(schema: Schema) =>
  new Output<z.output<Schema> | Json<z.output<Schema>>, KnownFields<z.output<Schema>>>(schema, (made) => made, {});

/** An answer that `show` makes of what the use case found. */
export const shows = <Made, Shown extends object>(
  schema: Object,
  show: (made: Made) => Shown,
  forms: RestForms<Made> = {},
) => new Output<Made, KnownFields<Shown>>(schema, show, forms);
