import {
  Agent,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  Runner,
  setTracingDisabled,
  tool,
} from '@openai/agents';
import OpenAI from 'openai-7';
import { z } from 'zod';
import { type MatrixClient, type Where, weather, weatherIn } from './client.ts';

setTracingDisabled(true);

export function openAiAgents(Model: typeof OpenAIChatCompletionsModel | typeof OpenAIResponsesModel): MatrixClient {
  const modelOf = ({ url, apiKey, model }: Where) =>
    new Model(new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 }), model);
  const getWeather = tool({
    name: weather.name,
    description: weather.description,
    parameters: z.object({ city: z.string() }),
    execute: async ({ city }) => weatherIn(city),
  });
  const runner = new Runner({ tracingDisabled: true });
  const agentOf = (where: Where) => ({ name: 'tester', instructions: 'Answer.', model: modelOf(where) });
  async function streamed(agent: Agent, question: string): Promise<string> {
    const result = await runner.run(agent, question, { stream: true });
    await result.completed;
    return String(result.finalOutput);
  }
  return {
    name: `@openai/agents, ${Model === OpenAIResponsesModel ? 'responses' : 'chat completions'}`,
    async plain(where, question) {
      return String((await runner.run(new Agent(agentOf(where)), question)).finalOutput);
    },
    stream: (where, question) => streamed(new Agent(agentOf(where)), question),
    tools: (where, question) => streamed(new Agent({ ...agentOf(where), tools: [getWeather] }), question),
    async structured(where, question) {
      const outputType = z.object({ name: z.string(), age: z.number() });
      return (await runner.run(new Agent({ ...agentOf(where), outputType }), question)).finalOutput;
    },
  };
}

export const agents: readonly MatrixClient[] = [
  openAiAgents(OpenAIChatCompletionsModel),
  openAiAgents(OpenAIResponsesModel),
];
