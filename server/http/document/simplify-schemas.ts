import type { OpenAPIObject } from 'trpc-to-openapi';
import { isObject } from '../../canonical/json.ts';

/**
 * Removes the schemas from which client generators write code that does not compile: booleans with one value (enums of
 * booleans in Java), choices between two formats of text (Java cannot validate their members), and the free fields of
 * forms, which no generator can send. What the gateway accepts and answers stays the same.
 */
export function simplifySchemas(document: OpenAPIObject): void {
  simplify(document);
  for (const methods of Object.values(document.paths ?? {})) {
    for (const operation of Object.values<unknown>(Object(methods))) closeForm(operation, document);
  }
}

function simplify(node: unknown): void {
  if (Array.isArray(node)) for (const each of node) simplify(each);
  if (!isObject(node)) return;
  if (typeof node.const === 'boolean') delete node.const;
  if (Array.isArray(node.anyOf) && node.anyOf.every(isFormattedText)) {
    delete node.anyOf;
    node.type = 'string';
  }
  for (const each of Object.values(node)) simplify(each);
}

const isFormattedText = (schema: unknown): boolean =>
  isObject(schema) && schema.type === 'string' && typeof schema.format === 'string';

function closeForm(operation: unknown, document: OpenAPIObject): void {
  const body = isObject(operation) ? operation.requestBody : undefined;
  const form = isObject(body) && isObject(body.content) ? body.content['multipart/form-data'] : undefined;
  const ref = isObject(form) && isObject(form.schema) ? form.schema.$ref : undefined;
  const named = typeof ref === 'string' ? document.components?.schemas?.[ref.split('/').at(-1) ?? ''] : undefined;
  if (isObject(named)) delete named.additionalProperties;
}
