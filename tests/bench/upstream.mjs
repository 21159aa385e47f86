// The scripted upstream: the model's name is the script. `json` answers at once; `paced-<tokens>-<intervalMs>` streams.
import { createServer } from 'node:http';

const port = Number(process.env.PORT);
const head = { id: 'chatcmpl-bench', created: 1_760_000_000, model: 'json' };
const usage = { prompt_tokens: 40, completion_tokens: 60, total_tokens: 100 };
const text = 'A token bucket holds a few tokens and refills at a steady rate; every request takes one. '.repeat(4);
const json = Buffer.from(
  JSON.stringify({
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, logprobs: null, finish_reason: 'stop' }],
    usage,
  }),
);
const jsonHeaders = { 'content-type': 'application/json', 'content-length': String(json.length) };
const event = (choices, rest) =>
  Buffer.from(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices, ...rest })}\n\n`);
const token = event([{ index: 0, delta: { content: ' word' }, logprobs: null, finish_reason: null }]);
const last = Buffer.concat([
  event([{ index: 0, delta: { content: '.' }, logprobs: null, finish_reason: 'stop', stop_reason: null }]),
  event([], { usage }),
  Buffer.from('data: [DONE]\n\n'),
]);

let openStreams = 0;

function paced(response, tokens, intervalMs) {
  openStreams += 1;
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.write(token);
  let sent = 1;
  const timer = setInterval(() => {
    sent += 1;
    if (sent < tokens) {
      response.write(token);
      return;
    }
    clearInterval(timer);
    response.end(last);
  }, intervalMs);
  response.once('close', () => {
    clearInterval(timer);
    openStreams -= 1;
  });
}

const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
  if (request.method === 'GET') {
    const answer = request.url === '/stats' ? { openStreams } : { object: 'list', data: [] };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    return;
  }
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts);
    const script = /"model"\s*:\s*"paced-(\d+)-(\d+)"/.exec(body.toString('latin1'));
    if (script) paced(response, Number(script[1]), Number(script[2]));
    else response.writeHead(200, jsonHeaders).end(json);
  });
});
server.requestTimeout = 0;
server.listen(port, '127.0.0.1', 4096);
