import { isObject } from '../../canonical/json.ts';
import { type Fault, invalid, under } from './content-check.ts';
import { foldName } from './field-names.ts';

/** The fields that hold JSON schemas: of tools, of answers, and what model servers call theirs. */
export const SCHEMA_FIELDS: ReadonlySet<string> = new Set([
  ...['tools', 'functions', 'response_format', 'text', 'output_config', 'output_format'],
  ...['guided_json', 'structured_outputs', 'json_schema', 'format'],
]);

/** How JSON Schema names another schema, in all of its drafts; in whichever case, as some readers take it. */
const REFERENCES: ReadonlySet<string> = new Set(['$ref', '$dynamicref', '$recursiveref']);

/** vLLM and llama.cpp also take a schema as a text of JSON, in a field of one of these names. */
const WRITTEN: ReadonlySet<string> = new Set(['guided_json', 'json_schema', 'json', 'schema']);

/** Deeper values are refused: nobody needs them, and they could exhaust the stack. */
const MAX_DEPTH = 100;

const remote: Fault = {
  path: '',
  code: 'image_url_not_supported',
  message:
    "A schema can refer only to itself: '#' or '#/…'. Neither the gateway nor its upstreams fetch addresses or files.",
};

/** A schema written as a text. Text that is not JSON here may still be JSON to a less strict server. */
function checkWritten(text: string): Fault | null {
  if (!/^\s*[[{]/.test(text)) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return invalid('A schema that is written as a text must be valid JSON.');
  }
  return checkSchema(value);
}

/** Finds a schema that refers to another document, by an address or by the path of a file. */
function checkSchema(value: unknown, depth = 0): Fault | null {
  if (!isObject(value)) return null;
  if (depth === MAX_DEPTH) return invalid(`This is nested deeper than ${MAX_DEPTH} levels.`);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const fault = checkSchema(value[i], depth + 1);
      if (fault) return under(i, fault);
    }
    return null;
  }
  for (const key of Object.keys(value)) {
    const fault = checkKeyword(key, value[key], depth);
    if (fault) return under(key, fault);
  }
  return null;
}

function checkKeyword(key: string, value: unknown, depth: number): Fault | null {
  if (typeof value !== 'string') return checkSchema(value, depth + 1);
  if (REFERENCES.has(foldName(key))) return value.startsWith('#') ? null : remote;
  return WRITTEN.has(key) ? checkWritten(value) : null;
}

/** Checks the schema in a field of a request. */
export const checkSchemaField = (name: string, value: unknown): Fault | null => checkKeyword(name, value, 0);
