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

/** As agents name the tools of their plug-ins: longer than most vendors take, and with a dot and a blank. */
export const longName = `mcp__plugin.files_${'deeply_nested_'.repeat(9)}read file`;
const longTool = { type: 'function', function: { name: longName, parameters: { type: 'object' } } };
const longCall = { id: 'call_1', type: 'function', function: { name: longName, arguments: '{}' } };
export const withLongName = {
  tools: [longTool, ...tools],
  tool_choice: { type: 'function', function: { name: longName } },
  messages: [
    user('Read it.'),
    { role: 'assistant', content: null, tool_calls: [longCall] },
    { role: 'tool', tool_call_id: 'call_1', name: longName, content: 'empty' },
    user('Again.'),
  ],
};
export const withNames = [
  { ...user('Hello, I am new.'), name: 'alice' },
  { role: 'assistant', content: 'Welcome!', name: 'host' },
  { ...user([{ type: 'text', text: 'Me too.' }]), name: 'bob' },
];
export const withLateInstructions = [
  { role: 'developer', content: 'Be brief-1.' },
  { role: 'system', content: 'Be kind-2.' },
  user('One'),
  { role: 'assistant', content: 'Two' },
  { role: 'developer', content: 'Now in French-3.' },
  user('Three'),
  { role: 'system', content: 'And loudly-4.' },
];
