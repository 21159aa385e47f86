import type { Operation } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import type { Observer, Stream } from './connection.ts';
import { clientError, GatewayError, readWireError, toGatewayError } from './gateway-error.ts';
import { readSse, type SentEvent } from './read-sse.ts';
import { type SseRequest, sseRequestOf } from './sse-requests.ts';

export { isOverSse } from './sse-requests.ts';

interface SseOptions {
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
}

const STATE = { type: 'state', state: 'pending', error: null } as const;

/** What a websocket says in each event, and REST in headers. */
const turnOf = (headers: Headers) => ({
  conversation_id: headers.get('x-conversation-id') ?? '',
  run_id: headers.get('x-run-id') ?? '',
});

/** What a websocket says in the first event, and REST in headers. */
const noteOf = (headers: Headers) => ({
  request_id: headers.get('x-request-id') ?? '',
  backend: headers.get('x-gateway-backend'),
  attempts: Number(headers.get('x-gateway-attempts') ?? 1),
  applied: headers.get('x-gateway-applied'),
});

async function readRefusal(response: Response): Promise<GatewayError> {
  const { status, headers } = response;
  const body: unknown = await response.json().catch(() => undefined);
  const wire = readWireError(body);
  if (!wire) return clientError('unexpected_response', { status });
  const retryAfter = headers.get('retry-after');
  return new GatewayError({
    ...wire,
    status,
    retryAfter: retryAfter === null ? null : Number(retryAfter),
    conversationId: headers.get('x-conversation-id'),
  });
}

/** An error that ends a stream; its status was sent long before it. */
function endingError(data: object): GatewayError | undefined {
  const wire = 'choices' in data || 'type' in data ? undefined : readWireError(data);
  return wire && new GatewayError(wire);
}

/** Sends subscriptions as requests of REST, and gives their events as a websocket would. */
export class SseLink {
  readonly #options: SseOptions;
  readonly #open = new Set<(error: GatewayError) => void>();

  constructor(options: SseOptions) {
    this.#options = options;
  }

  stream({ path, input, signal }: Operation, apiKey: string): Stream {
    return observable((observer) => {
      const leave = new AbortController();
      const end = (tell: () => void) => {
        if (leave.signal.aborted) return;
        this.#open.delete(fail);
        tell();
        leave.abort();
      };
      const fail = (error: unknown) => end(() => observer.error(toGatewayError(error, signal)));
      this.#open.add(fail);
      const request = sseRequestOf(path, input);
      if (request) {
        const reading = this.#read(request, { apiKey, signal: leave.signal, observer });
        reading.then(() => end(() => observer.complete()), fail);
      } else {
        fail(
          clientError('connection_failed', {
            message: `\`${path}\` streams over websockets only. Set the option \`transport\` to 'auto' or 'websocket'.`,
          }),
        );
      }
      return () => end(() => {});
    });
  }

  /** Ends every stream with the error that is made for it. */
  close(reason: () => GatewayError): void {
    for (const fail of this.#open) fail(reason());
  }

  async #read(
    request: SseRequest,
    { apiKey, signal, observer }: { apiKey: string; signal: AbortSignal; observer: Observer },
  ): Promise<void> {
    const { path, body, isTurn } = request;
    observer.next?.({ result: STATE });
    // Called without a `this`, which browsers insist on.
    const { baseUrl, fetch } = this.#options;
    const response = await fetch(`${baseUrl}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${apiKey}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal,
    });
    const { headers } = response;
    const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (!response.ok || !isStream || !response.body) throw await readRefusal(response);
    const turn = isTurn ? turnOf(headers) : {};
    observer.next?.({ result: { type: 'started' }, context: turn });
    let first = body ? { gateway: noteOf(headers) } : {};
    let count = 0;
    for await (const event of readSse(response.body)) {
      if (event.data === '[DONE]') return;
      const data = parseData(event);
      const error = endingError(data);
      if (error) throw error;
      const id = event.id ?? String(count);
      count += 1;
      observer.next?.({ result: { type: 'data', id, data: { id, data: { ...data, ...turn, ...first } } } });
      first = {};
      // The Responses API ends its streams with an event of its own, and sends no `[DONE]`.
      if ('type' in data && /^(response\.(completed|incomplete|failed)|error)$/.test(String(data.type))) return;
    }
    throw clientError('connection_lost');
  }
}

function parseData({ data }: SentEvent): object {
  try {
    const value: unknown = JSON.parse(data);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below.
  }
  throw clientError('unexpected_response', {
    message: 'Something that is not the gateway answered: an event is not a JSON object.',
  });
}
