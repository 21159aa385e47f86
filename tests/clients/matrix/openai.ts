import type OpenAI7 from 'openai-7';
import { cityOf, type MatrixClient, person, type Where, weather, weatherIn } from './client.ts';

/** The constructor of a version of the package `openai`; what is used here has one shape in all of them. */
type OpenAi = typeof OpenAI7;

/** `package` as this folder's package.json calls it, such as `openai-6`. */
export const loadOpenAi = async (name: string): Promise<OpenAi> => (await import(name)).default;

const format = { name: 'person', schema: person, strict: true };

export function openAiChat(name: string, OpenAI: OpenAi): MatrixClient {
  const open = ({ url, apiKey }: Where) => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
  const asked = (content: string) => [{ role: 'user' as const, content }];
  return {
    name: `${name}, chat completions`,
    async plain(where, question) {
      const { choices } = await open(where).chat.completions.create({ model: where.model, messages: asked(question) });
      return choices[0]?.message.content ?? '';
    },
    async stream(where, question) {
      const stream = open(where).chat.completions.stream({ model: where.model, messages: asked(question) });
      return (await stream.finalContent()) ?? '';
    },
    async tools(where, question) {
      const runner = open(where).chat.completions.runTools({
        model: where.model,
        messages: asked(question),
        stream: true,
        tools: [{ type: 'function', function: { ...weather, function: (json: string) => weatherIn(cityOf(json)) } }],
      });
      return (await runner.finalContent()) ?? '';
    },
    async structured(where, question) {
      const { choices } = await open(where).chat.completions.create({
        model: where.model,
        messages: asked(question),
        response_format: { type: 'json_schema', json_schema: format },
      });
      return JSON.parse(choices[0]?.message.content ?? '');
    },
  };
}

export function openAiResponses(name: string, OpenAI: OpenAi): MatrixClient {
  const open = ({ url, apiKey }: Where) => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
  const tools = [{ type: 'function' as const, ...weather, strict: true }];
  return {
    name: `${name}, responses`,
    async plain(where, input) {
      return (await open(where).responses.create({ model: where.model, input })).output_text;
    },
    async stream(where, input) {
      let text = '';
      for await (const event of await open(where).responses.create({ model: where.model, input, stream: true })) {
        if (event.type === 'response.output_text.delta') text += event.delta;
      }
      return text;
    },
    async tools(where, input) {
      const client = open(where);
      const first = await client.responses.stream({ model: where.model, input, tools }).finalResponse();
      const results = first.output
        .filter((item) => item.type === 'function_call')
        .map(({ call_id, arguments: json }) => ({
          type: 'function_call_output' as const,
          call_id,
          output: weatherIn(cityOf(json)),
        }));
      const last = client.responses.stream({
        model: where.model,
        previous_response_id: first.id,
        input: results,
        tools,
      });
      return (await last.finalResponse()).output_text;
    },
    async structured(where, input) {
      const text = { format: { type: 'json_schema' as const, ...format } };
      return JSON.parse((await open(where).responses.create({ model: where.model, input, text })).output_text);
    },
  };
}
