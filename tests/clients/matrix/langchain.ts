import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { cityOf, type MatrixClient, person, type Where, weather, weatherIn } from './client.ts';

export function langChain(useResponsesApi: boolean): MatrixClient {
  const open = ({ url, apiKey, model }: Where) =>
    new ChatOpenAI({ model, apiKey, useResponsesApi, maxRetries: 0, configuration: { baseURL: `${url}/v1` } });
  return {
    name: `@langchain/openai, ${useResponsesApi ? 'responses' : 'chat completions'}`,
    async plain(where, question) {
      return (await open(where).invoke(question)).text;
    },
    async stream(where, question) {
      let text = '';
      for await (const chunk of await open(where).stream(question)) text += chunk.text;
      return text;
    },
    async tools(where, question) {
      const model = open(where).bindTools([{ type: 'function', function: weather }]);
      const asked = new HumanMessage(question);
      const called = await model.invoke([asked]);
      const results = (called.tool_calls ?? []).map(
        ({ id = '', args }) => new ToolMessage({ tool_call_id: id, content: weatherIn(cityOf(JSON.stringify(args))) }),
      );
      return (await model.invoke([asked, called, ...results])).text;
    },
    async structured(where, question) {
      const model = open(where).withStructuredOutput(person, { name: 'person', method: 'jsonSchema' });
      return await model.invoke(question);
    },
  };
}
