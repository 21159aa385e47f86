import { once } from 'node:events';
import { WebSocket } from 'ws';
import { payloadsOf } from '../read-events.ts';
import { headersOf, postJson } from './post-json.ts';
import { readPieces } from './read-pieces.ts';
import type { Target, Trace } from './trace.ts';

const tools = [{ type: 'function', name: 'look', parameters: { type: 'object' } }];
const requestOf = ({ message }: Trace) => ({ model: 'dear', input: message, tools, max_output_tokens: 200 });

interface ResponseEvent {
  readonly type: string;
  readonly sequence_number: number;
  readonly delta?: string;
  readonly response?: { readonly id: string; readonly error: { readonly code: string } | null };
  readonly error?: { readonly code: string };
  /** What the websocket adds to the first event. */
  readonly gateway?: object;
}

/** Notes an event. Those without a number are not of the response: the websocket's own errors. */
function noteEvent(trace: Trace, { gateway: _, ...event }: ResponseEvent): void {
  const { type, sequence_number: number, delta, response, error } = event;
  if (response) trace.responseId = response.id;
  if (number !== undefined) trace.events.push({ number, data: event });
  if (type === 'response.output_text.delta') trace.text += delta;
  if (type === 'response.completed') trace.end = 'completed';
  if (type === 'response.failed' || type === 'response.incomplete') trace.fail(response?.error?.code);
  if (type === 'error') trace.fail(error?.code);
}

async function readResponse(response: Response, trace: Trace): Promise<void> {
  if (response.status !== 200) return trace.fail((await response.json()).error.code);
  await readPieces(response, (text) => {
    for (const payload of payloadsOf(text)) noteEvent(trace, JSON.parse(payload));
  });
}

/** A stored response as server-sent events. */
export const askResponse = async (target: Target, trace: Trace): Promise<void> =>
  readResponse(await postJson(target, '/v1/responses', { ...requestOf(trace), stream: true }), trace);

/** A response in the background, which is followed over a connection of its own. */
export async function askBackground(target: Target, trace: Trace): Promise<void> {
  const created = await postJson(target, '/v1/responses', { ...requestOf(trace), background: true });
  const { id, error } = await created.json();
  if (created.status !== 200) return trace.fail(error.code);
  trace.responseId = id;
  await readResponse(
    await fetch(`${target.url}/v1/responses/${id}?stream=true`, { headers: headersOf(target) }),
    trace,
  );
}

/** A response in OpenAI's websocket mode. */
export async function askResponseWebsocket(target: Target, trace: Trace): Promise<void> {
  const socket = new WebSocket(`${target.url.replace('http', 'ws')}/v1/responses`, { headers: headersOf(target) });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('message', (text) => {
    noteEvent(trace, JSON.parse(String(text)));
    if (trace.end !== 'open') socket.terminate();
  });
  await Promise.race([once(socket, 'open'), closed]);
  if (socket.readyState === WebSocket.OPEN) {
    socket.send(JSON.stringify({ type: 'response.create', ...requestOf(trace) }));
  }
  await closed;
}
