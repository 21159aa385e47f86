import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { root } from './start-gateway.ts';

/** OpenAI's own schemas, of its published OpenAPI document (see `tests/fixtures/openai-components.json`). */
const ajv = new Ajv2020({ strict: false });
formats.default(ajv);
// OpenAI's own format: seconds since 1970.
ajv.addFormat('unixtime', { type: 'number', validate: Number.isSafeInteger });
const { components } = JSON.parse(readFileSync(join(root, 'tests/fixtures/openai-components.json'), 'utf8'));
ajv.addSchema({ $id: 'openai', components });

/** What a value breaks of OpenAI's schema of that name; empty when it is valid. */
export function faultsOf(name: string, value: unknown): string[] {
  const validate: ValidateFunction | undefined = ajv.getSchema(`openai#/components/schemas/${name}`);
  if (!validate) throw new Error(`There is no schema ${name}.`);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || '/'} ${message}`);
}

/** The names of the fields that OpenAI's schema of that name knows. */
export const fieldsOf = (name: string): string[] => Object.keys(components.schemas[name]?.properties ?? {});
