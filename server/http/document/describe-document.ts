import type { OpenAPIObject } from 'trpc-to-openapi';
import { globalRegistry, z } from 'zod';
import { isObject } from '../../canonical/json.ts';
import type { Operation } from '../list-operations.ts';
import { describeField, describeFields, noteOf } from './describe-fields.ts';

/** The text that the generator writes into every response. */
const GENERATED = 'Successful response';
const STREAMED =
  'As JSON, or with `stream: true` as server-sent events: each `data:` line is one event, as JSON. Comment lines keep the connection open.';
const CSV = 'As JSON, or with `format=csv` as CSV: a line with the names of the columns, then a line for each item.';

/** The description in a contract, also where the schema is wrapped as optional or nullable. */
function textOf(schema: unknown): string | undefined {
  if (!(schema instanceof z.ZodType)) return undefined;
  if (schema.description !== undefined) return schema.description;
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? textOf(schema.unwrap()) : undefined;
}

function describeParameter(parameter: Record<string, unknown>, input: z.ZodType | undefined): void {
  const { name, schema } = parameter;
  if (typeof name !== 'string' || !isObject(schema)) return;
  const field = input instanceof z.ZodObject ? input.shape[name] : undefined;
  const described = { ...schema };
  const note = noteOf(idOf(input), name);
  const says = textOf(field) ?? (typeof parameter.description === 'string' ? parameter.description : note.says);
  describeField(described, { ...note, says });
  parameter.description = says;
  if (Array.isArray(described.examples)) parameter.example = described.examples[0];
}

const idOf = (input: z.ZodType | undefined): string => (input && globalRegistry.get(input)?.id) ?? '';

const contentsOf = (holder: unknown): Record<string, unknown> =>
  isObject(holder) && isObject(holder.content) ? holder.content : {};

function describeResponse(response: unknown): void {
  const contents = contentsOf(response);
  if (!isObject(response) || response.description !== GENERATED) return;
  if ('text/event-stream' in contents) response.description = STREAMED;
  if ('text/csv' in contents) response.description = CSV;
}

/**
 * Gives every parameter and field a description and an example: those of its contract, else those that `fieldNotes` has
 * for its name. The generator loses the descriptions that contracts give to parameters.
 */
export function describeDocument(document: OpenAPIObject, operations: readonly Operation[]): void {
  const inputs = new Map(operations.map(({ path, method, input }) => [`${method.toLowerCase()} ${path}`, input]));
  for (const [path, methods] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries<unknown>(Object(methods))) {
      if (!isObject(operation)) continue;
      const input = inputs.get(`${method} ${path}`);
      for (const parameter of [operation.parameters ?? []].flat()) {
        if (isObject(parameter)) describeParameter(parameter, input);
      }
      for (const media of Object.values(contentsOf(operation.requestBody))) {
        if (isObject(media)) describeFields(media.schema, idOf(input));
      }
      for (const response of Object.values(Object(operation.responses))) {
        describeResponse(response);
        for (const media of Object.values(contentsOf(response))) if (isObject(media)) describeFields(media.schema, '');
      }
    }
  }
  for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) describeFields(schema, name);
}
