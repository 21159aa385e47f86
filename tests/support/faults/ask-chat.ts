import { dial } from '../dial.ts';
import { sentEventsOf } from '../read-run.ts';
import { headersOf, postJson } from './post-json.ts';
import { readPieces } from './read-pieces.ts';
import type { Target, Trace } from './trace.ts';

const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }];
const turnOf = ({ message }: Trace) => ({ model: 'dear', message, tools, max_tokens: 200 });

interface Chunk {
  readonly choices?: readonly { readonly delta?: { readonly content?: string | null } }[];
  readonly error?: { readonly code: string };
}

const textIn = ({ choices }: Chunk): string => choices?.[0]?.delta?.content ?? '';

/** A turn whose answer comes as one. */
export async function askJson(target: Target, trace: Trace): Promise<void> {
  const response = await postJson(target, '/c1/chat', turnOf(trace));
  const body = await response.json();
  if (response.status !== 200) return trace.fail(body.error.code);
  trace.runId = response.headers.get('x-run-id');
  trace.text = body.choices[0].message.content ?? '';
  trace.end = 'completed';
}

/** A turn, or a stateless chat, as server-sent events. */
async function askEvents(target: Target, trace: Trace, [path, body]: readonly [string, object]): Promise<void> {
  const response = await postJson(target, path, { ...body, stream: true });
  if (response.status !== 200) return trace.fail((await response.json()).error.code);
  trace.runId = response.headers.get('x-run-id');
  await readPieces(response, (text) => {
    for (const { id, data } of sentEventsOf(text)) {
      if (data === '[DONE]') trace.end = 'completed';
      else {
        const chunk: Chunk = JSON.parse(data);
        if (chunk.error) trace.fail(chunk.error.code);
        else trace.text += textIn(chunk);
        if (id !== undefined) trace.events.push({ number: Number(id), data: chunk });
      }
    }
  });
}

export const askSse = (target: Target, trace: Trace): Promise<void> =>
  askEvents(target, trace, ['/c1/chat', turnOf(trace)]);

export const askStateless = (target: Target, trace: Trace): Promise<void> =>
  askEvents(target, trace, [
    '/v1/chat/completions',
    { model: 'dear', messages: [{ role: 'user', content: trace.message }], tools, max_tokens: 200 },
  ]);

/** A turn over tRPC's websocket. */
export async function askWebsocket(target: Target, trace: Trace): Promise<void> {
  const { socket, say, next } = await dial(target, { headers: headersOf(target) });
  socket.on('error', () => undefined);
  say({ id: 1, method: 'subscription', params: { path: 'c1.chat.stream', input: turnOf(trace) } });
  while (trace.end === 'open') {
    const { result, error } = await next();
    if (error) trace.fail(error.data.error.code);
    else if (result?.type === 'stopped') trace.end = 'completed';
    else if (result?.type === 'data' && result.data) {
      // What tRPC adds to the events that are stored.
      const {
        run_id: run,
        conversation_id: _,
        gateway: __,
        ...chunk
      } = { run_id: '', gateway: null, ...result.data.data };
      trace.runId = run;
      trace.text += textIn(chunk);
      trace.events.push({ number: Number(result.id), data: chunk });
    }
  }
  socket.terminate();
}
