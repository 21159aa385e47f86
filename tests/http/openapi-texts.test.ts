import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../support/start-gateway.ts';
import { isObject } from '../support/upstream/json.ts';
import { type Field, type Parameter, readFields, readParameters } from './openapi-fields.ts';

let gateway: Gateway;
let document: Record<string, unknown>;
let fields: Field[];
let parameters: Parameter[];
beforeAll(async () => {
  gateway = await startGateway();
  document = await (await fetch(`${gateway.url}/openapi.json`)).json();
  fields = readFields(document);
  parameters = readParameters(document);
});
afterAll(() => gateway.close());

test('every parameter and every field has a description', () => {
  expect(parameters.length).toBeGreaterThan(70);
  expect(fields.length).toBeGreaterThan(700);
  expect(parameters.filter(({ description }) => !description).map(({ place }) => place)).toEqual([]);
  expect(fields.filter(({ schema }) => !schema.description).map(({ place }) => place)).toEqual([]);
});

test('every parameter has an example, and so has every field that is a plain value', () => {
  expect(parameters.filter(({ example }) => example === undefined).map(({ place }) => place)).toEqual([]);
  expect(fields.filter(({ isPlain, schema }) => isPlain && !schema.examples).map(({ place }) => place)).toEqual([]);
});

test('every example matches its schema', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'document');
  const faults: string[] = [];
  const check = (place: string, schema: object, example: unknown) => {
    // References are to the document, wherever the schema was taken from.
    const whole = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/'));
    const validate = ajv.compile(whole);
    if (!validate(example)) faults.push(`${place}: ${JSON.stringify(example)}: ${ajv.errorsText(validate.errors)}`);
  };
  for (const { place, schema } of fields) {
    for (const example of Array.isArray(schema.examples) ? schema.examples : []) check(place, schema, example);
  }
  for (const { place, schema, example } of parameters) check(place, schema, example);
  expect(faults).toEqual([]);
});

test('answers that are streams, tables or bytes say what they are', () => {
  const { paths } = document;
  const silent: string[] = [];
  for (const [path, methods] of Object.entries(isObject(paths) ? paths : {})) {
    for (const operation of Object.values(isObject(methods) ? methods : {})) {
      const responses = isObject(operation) && isObject(operation.responses) ? operation.responses : {};
      for (const [status, response] of Object.entries(responses)) {
        if (!isObject(response) || !isObject(response.content)) continue;
        const other = Object.keys(response.content).some((type) => type !== 'application/json');
        if (other && /^Successful response$/.test(String(response.description))) silent.push(`${path} ${status}`);
      }
    }
  }
  expect(silent).toEqual([]);
});
