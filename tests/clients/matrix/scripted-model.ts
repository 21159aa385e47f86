import type { Script } from '../../support/upstream/exchange.ts';
import { isObject } from '../../support/upstream/json.ts';
import { callTools, say } from '../../support/upstream/scripts/answers.ts';

const textOf = (content: unknown): string =>
  Array.isArray(content) ? content.map((part) => (isObject(part) ? String(part.text) : '')).join('') : String(content);

const nameOf = (tool: unknown): string => (isObject(tool) && isObject(tool.function) ? String(tool.function.name) : '');

/** A model that does what it is asked: it calls the tool it was given, reads its result, and holds to a schema. */
export const scriptedModel: Script = (exchange) => {
  const body = isObject(exchange.request.json) ? exchange.request.json : {};
  const messages = Array.isArray(body.messages) ? body.messages : [];
  const last: unknown = messages.at(-1);
  const tools = Array.isArray(body.tools) ? body.tools.map(nameOf) : [];
  const answer = { name: 'Ada', age: 36 };
  if (isObject(last) && last.role === 'tool') return say(`It is ${textOf(last.content)}.`)(exchange);
  if (tools.includes('get_weather')) {
    return callTools([{ name: 'get_weather', arguments: { city: 'Oslo' }, id: 'call_of_the_model' }])(exchange);
  }
  // How some clients ask for structure: a tool that takes the answer.
  const [taker] = tools;
  if (taker) return callTools([{ name: taker, arguments: answer }])(exchange);
  if (body.response_format) return say(JSON.stringify(answer))(exchange);
  return say('Hello from the model.')(exchange);
};
