import type { z } from 'zod';
import { writeExact } from '../canonical/exact-json.ts';
import { Json } from '../canonical/json.ts';
import { isLong, writeAsBytes } from '../canonical/write-in-steps.ts';
import { inTurns } from '../event-loop/in-turns.ts';
import type { KnownFields } from './known-fields.ts';

/** How REST writes the result of a procedure, where that differs from what callers of tRPC get. */
interface RestForms<Made> {
  /** The body. Default: what callers of tRPC get. */
  readonly body?: (made: Made) => object;
  /** The body for Anthropic's clients, for paths with two shapes. */
  readonly anthropic?: (made: Made) => object;
  /** The body as `text/csv`, when the query says `format=csv`. */
  readonly csv?: (made: Made) => string;
  /** The status. Default: 200. */
  readonly status?: (made: Made) => number;
}

/**
 * What a procedure returns (`Made`) and what callers see of it (`Shown`). On REST, bytes that came from an upstream
 * (`Json`) are sent as they are; callers of tRPC get the value. The result is not parsed again, so fields that only the
 * upstream knows reach the client. The schema is only for the OpenAPI document.
 */
export class Output<Made, Shown> {
  /** Only for tRPC's types; neither field exists at run time. */
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

  /** The value for callers of tRPC, which calls this "parsing the output". */
  parse(made: Made): object {
    const shown = this.#show(made);
    return shown instanceof Json ? shown.value : shown;
  }

  /** The body on REST. A long one is written in turns of the event loop. */
  write(made: Made, dialect: 'anthropic' | undefined): Buffer | string | Promise<Buffer> {
    const { body = this.#show, anthropic } = this.forms;
    const written = (dialect === 'anthropic' && anthropic ? anthropic : body)(made);
    if (written instanceof Json) return written.bytes;
    return isLong(written) ? inTurns(writeAsBytes(written)) : writeExact(written);
  }
}

type Object = z.ZodType<object>;

/** An output whose result has the shape of its contract, as a value or as bytes. */
export const answers = <Schema extends Object>(schema: Schema) =>
  new Output<z.output<Schema> | Json<z.output<Schema>>, KnownFields<z.output<Schema>>>(schema, (made) => made, {});

/** An output that `show` makes of the result. */
export const shows = <Made, Shown extends object>(
  schema: Object,
  show: (made: Made) => Shown,
  forms: RestForms<Made> = {},
) => new Output<Made, KnownFields<Shown>>(schema, show, forms);
