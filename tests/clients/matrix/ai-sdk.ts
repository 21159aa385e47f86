import { createAnthropic as createAnthropic3 } from '@ai-sdk/anthropic-3';
import { createAnthropic as createAnthropic4 } from '@ai-sdk/anthropic-4';
import { createOpenAI as createOpenAi3 } from '@ai-sdk/openai-3';
import { createOpenAI as createOpenAi4 } from '@ai-sdk/openai-4';
import { createOpenAICompatible as createCompatible2 } from '@ai-sdk/openai-compatible-2';
import { createOpenAICompatible as createCompatible3 } from '@ai-sdk/openai-compatible-3';
import * as ai6 from 'ai-6';
import * as ai7 from 'ai-7';
import { type MatrixClient, person, type Where, weather, weatherIn } from './client.ts';

const cityIn = (input: unknown): string =>
  typeof input === 'object' && input !== null && 'city' in input ? String(input.city) : '';

const fail = ({ error }: { error: unknown }): never => {
  throw error;
};

function client6(name: string, modelOf: (where: Where) => ai6.LanguageModel): MatrixClient {
  const execute = async (input: unknown) => weatherIn(cityIn(input));
  const tools = {
    [weather.name]: ai6.tool({ ...weather, inputSchema: ai6.jsonSchema(weather.parameters), execute }),
  };
  return {
    name: `ai 6, ${name}`,
    async plain(where, prompt) {
      return (await ai6.generateText({ model: modelOf(where), prompt, maxRetries: 0 })).text;
    },
    async stream(where, prompt) {
      return await ai6.streamText({ model: modelOf(where), prompt, maxRetries: 0, onError: fail }).text;
    },
    async tools(where, prompt) {
      const stopWhen = ai6.stepCountIs(3);
      const model = modelOf(where);
      return await ai6.streamText({ model, prompt, tools, stopWhen, maxRetries: 0, onError: fail }).text;
    },
    async structured(where, prompt) {
      const schema = ai6.jsonSchema(person);
      return (await ai6.generateObject({ model: modelOf(where), prompt, schema, maxRetries: 0 })).object;
    },
  };
}

function client7(name: string, modelOf: (where: Where) => ai7.LanguageModel): MatrixClient {
  const execute = async (input: unknown) => weatherIn(cityIn(input));
  const tools = {
    [weather.name]: ai7.tool({ ...weather, inputSchema: ai7.jsonSchema(weather.parameters), execute }),
  };
  return {
    name: `ai 7, ${name}`,
    async plain(where, prompt) {
      return (await ai7.generateText({ model: modelOf(where), prompt, maxRetries: 0 })).text;
    },
    async stream(where, prompt) {
      return await ai7.streamText({ model: modelOf(where), prompt, maxRetries: 0, onError: fail }).text;
    },
    async tools(where, prompt) {
      const stopWhen = ai7.stepCountIs(3);
      const model = modelOf(where);
      return await ai7.streamText({ model, prompt, tools, stopWhen, maxRetries: 0, onError: fail }).text;
    },
    async structured(where, prompt) {
      const output = ai7.Output.object({ schema: ai7.jsonSchema(person) });
      return (await ai7.generateText({ model: modelOf(where), prompt, output, maxRetries: 0 })).output;
    },
  };
}

const at = ({ url, apiKey }: Where) => ({ baseURL: `${url}/v1`, apiKey });
const compatible = (where: Where) => ({
  name: 'duplex',
  includeUsage: true,
  supportsStructuredOutputs: true,
  ...at(where),
});

export const aiSdk: readonly MatrixClient[] = [
  client6('openai-compatible', (where) => createCompatible2(compatible(where))(where.model)),
  client6('openai.chat', (where) => createOpenAi3(at(where)).chat(where.model)),
  client6('openai (responses)', (where) => createOpenAi3(at(where))(where.model)),
  client6('anthropic', (where) => createAnthropic3(at(where))(where.model)),
  client7('openai-compatible', (where) => createCompatible3(compatible(where))(where.model)),
  client7('openai.chat', (where) => createOpenAi4(at(where)).chat(where.model)),
  client7('openai (responses)', (where) => createOpenAi4(at(where))(where.model)),
  client7('anthropic', (where) => createAnthropic4(at(where))(where.model)),
];
