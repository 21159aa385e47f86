import { WebSocket } from 'ws';
import {
  createGateway,
  type GatewayError,
  type GatewayOptions,
  isGatewayError,
} from '../../clients/typescript/src/index.ts';
import { bearer, type Gateway } from '../support/start-gateway.ts';

/** The client over a WebSocket class that keeps its sockets, in the order in which they were opened. */
export function connectClient(gateway: Pick<Gateway, 'url'>, options: Partial<GatewayOptions> = {}) {
  const sockets: WebSocket[] = [];
  class KeptWebSocket extends WebSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
    }
  }
  const client = createGateway({ baseUrl: gateway.url, apiKey: bearer, WebSocket: KeptWebSocket, ...options });
  return { client, sockets };
}

export const asked = { model: 'scripted', messages: [{ role: 'user' as const, content: 'Say something.' }] };

/** The error that something ends with; anything but a GatewayError fails the test. */
export async function errorOf(work: Promise<unknown>): Promise<GatewayError> {
  try {
    await work;
  } catch (error) {
    if (isGatewayError(error)) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}

export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

interface TextChunk {
  choices: { delta: { content?: string | null | undefined } }[];
}

export const textOf = (chunks: readonly TextChunk[]): string =>
  chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
