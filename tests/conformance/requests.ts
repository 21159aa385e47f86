import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/start-gateway.ts';
import { user } from './trial.ts';

/** In base64. */
export const photo = readFileSync(join(root, 'tests/fixtures/photo.jpg')).toString('base64');
const tool = (name: string, parameter: string) => ({
  type: 'function',
  function: {
    name,
    description: `Get the ${name}`,
    parameters: { type: 'object', properties: { [parameter]: { type: 'string' } }, required: [parameter] },
  },
});
export const tools = [tool('get_weather', 'city'), tool('get_time', 'zone')];
export const schemaFormat = {
  type: 'json_schema',
  json_schema: {
    name: 'mood',
    strict: true,
    schema: {
      type: 'object',
      properties: { mood: { enum: ['good', 'bad'] } },
      required: ['mood'],
      additionalProperties: false,
    },
  },
};
export const withImage = [
  user([
    { type: 'text', text: 'What is this?' },
    { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${photo}` } },
  ]),
];
export const withResults = [
  user('The weather in Rome, and the time?'),
  {
    role: 'assistant',
    content: null,
    tool_calls: [
      { id: 'call_weather_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Rome"}' } },
      { id: 'call_time_2', type: 'function', function: { name: 'get_time', arguments: '{"zone":"CET"}' } },
    ],
  },
  { role: 'tool', tool_call_id: 'call_weather_1', content: '{"sky":"sunny-21"}' },
  { role: 'tool', tool_call_id: 'call_time_2', content: '{"clock":"quarter-past"}' },
];

export const namedChoice = { type: 'function', function: { name: 'get_time' } };
