import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Changes } from './changes.ts';
import { anthropic } from './dialects/anthropic.ts';
import type { Dialect, DialectName } from './dialects/dialect.ts';
import { createGemini } from './dialects/gemini.ts';
import { llamacpp } from './dialects/llamacpp.ts';
import { ollama } from './dialects/ollama.ts';
import { openAiResponses } from './dialects/openai-responses.ts';
import { vllm } from './dialects/vllm.ts';
import { endpointScript } from './endpoints.ts';
import { ClientGone, Exchange, type Script } from './exchange.ts';
import { answerProbe } from './probe.ts';
import { RecordedRequest } from './recorded-request.ts';
import { say } from './scripts/answers.ts';

const dialects: Record<DialectName, () => Dialect> = {
  vllm: () => vllm,
  llamacpp: () => llamacpp,
  ollama: () => ollama,
  'openai-responses': () => openAiResponses,
  anthropic: () => anthropic,
  gemini: createGemini,
};

export interface UpstreamOptions {
  /** Whose wire format is spoken; default `vllm`. */
  readonly dialect?: DialectName;
  /** What `GET /v1/models` lists; default `['test-model']`. Other models are answered all the same. */
  readonly models?: readonly string[];
  /** When set, a request without this key is refused as the vendor does. */
  readonly apiKey?: string;
  /** True: takes every request. For those that a client wrote in this dialect itself, as no gateway would. */
  readonly unchecked?: boolean;
  /** Plays when nothing else is scripted; default: says "Hello from upstream." */
  readonly fallback?: Script;
  /** Default: a random free port. */
  readonly port?: number;
}

/** A scripted server on 127.0.0.1, in one vendor's dialect. */
export interface ScriptedUpstream {
  readonly dialect: Dialect;
  /** The base URL, such as `http://127.0.0.1:<port>/v1`. */
  readonly url: string;
  /** The address without a path. */
  readonly origin: string;
  readonly port: number;
  /** Every request in order of arrival, also `GET /v1/models` and other probes. */
  readonly requests: readonly RecordedRequest[];
  /** The chat requests among them. */
  readonly chats: readonly RecordedRequest[];
  /** Bytes of request bodies that have arrived so far, also of requests that have not arrived in full. */
  readonly received: number;
  /** Uploads that the client gave up half-way. */
  readonly brokenOff: number;
  /** Responses that are open now. */
  readonly open: number;
  /** Connections that were made so far. */
  readonly connections: number;
  /** Scripts for the next chat requests, whatever their model; each plays once. */
  reply(...scripts: Script[]): void;
  /** Scripts for one model, in turn; the last one stays. `reply` comes before them. */
  on(model: string, ...scripts: Script[]): void;
  /** Scripts for the next requests to another endpoint, such as `/v1/embeddings`; each plays once. */
  at(path: string, ...scripts: Script[]): void;
  /** While true, `GET /health`, `/v1/models` and the other probes get the vendor's 503. */
  setUnavailable(unavailable: boolean): void;
  /** Resolves with the first chat request that fits (past ones count), as soon as it has arrived. */
  waitForChat(fits?: (request: RecordedRequest) => boolean): Promise<RecordedRequest>;
  /** Resolves as soon as it holds; looked at whenever a request arrives, is written to, or closes. Rejects after a minute. */
  waitFor(holds: (upstream: ScriptedUpstream) => boolean, what?: string): Promise<void>;
  /** Cuts every connection and stops listening. */
  close(): Promise<void>;
}

export async function startUpstream(options: UpstreamOptions = {}): Promise<ScriptedUpstream> {
  const dialect = dialects[options.dialect ?? 'vllm']();
  const { models = ['test-model'], fallback = say('Hello from upstream.') } = options;
  const requests: RecordedRequest[] = [];
  const queue: Script[] = [];
  const byModel = new Map<string, Script[]>();
  const byPath = new Map<string, Script[]>();
  const changes = new Changes();
  let open = 0;
  let connections = 0;
  let received = 0;
  let brokenOff = 0;
  let unavailable = false;

  function choose(model: string): Script {
    const queued = queue.shift();
    if (queued) return queued;
    const scripts = byModel.get(model);
    const own = scripts && scripts.length > 1 ? scripts.shift() : scripts?.[0];
    return own ?? fallback;
  }

  async function answer(exchange: Exchange): Promise<void> {
    const { headers, path, asked, isChat } = exchange.request;
    const endpoint = byPath.get(path)?.shift() ?? endpointScript(path, dialect);
    const shown = headers[dialect.keyHeader];
    const wanted = dialect.keyHeader === 'authorization' ? `Bearer ${options.apiKey}` : options.apiKey;
    if (options.apiKey && path.startsWith(dialect.basePath) && shown !== wanted) {
      const refusal = dialect.refusal('unauthorized', asked);
      exchange.sendJson(refusal.status, refusal.body);
      return;
    }
    const refusal = isChat && !options.unchecked ? dialect.check?.(exchange.request, asked) : null;
    if (refusal) exchange.sendJson(refusal.status, refusal.body, refusal.headers);
    else if (isChat) await choose(asked.model)(exchange);
    else if (endpoint) await endpoint(exchange);
    else answerProbe(exchange, { models, unavailable });
  }

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    open += 1;
    const body = await readBody(message, (bytes) => {
      received += bytes;
      changes.happened();
    });
    if (!message.complete) brokenOff += 1;
    const request = new RecordedRequest(message, body, dialect);
    const gone = new AbortController();
    const changed = () => changes.happened();
    const exchange = new Exchange({ request, dialect, signal: gone.signal, response, changed });
    const onClose = () => {
      open -= 1;
      request.close({ finished: response.writableFinished, hungUp: exchange.hungUp });
      gone.abort(new ClientGone('the client left'));
      changed();
    };
    requests.push(request);
    if (response.closed || response.destroyed) onClose();
    else response.once('close', onClose);
    changed();
    try {
      if (!gone.signal.aborted) await answer(exchange);
    } catch (error) {
      if (gone.signal.aborted) return;
      response.destroy();
      throw error;
    }
  }

  const server = createServer({ keepAliveTimeout: 60_000 }, (message, response) => void serve(message, response));
  server.requestTimeout = 0;
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;

  const upstream: ScriptedUpstream = {
    dialect,
    url: origin + dialect.basePath,
    origin,
    port,
    requests,
    get chats() {
      return requests.filter(({ isChat }) => isChat);
    },
    get connections() {
      return connections;
    },
    get received() {
      return received;
    },
    get brokenOff() {
      return brokenOff;
    },
    get open() {
      return open;
    },
    reply: (...scripts) => void queue.push(...scripts),
    on: (model, ...scripts) => void byModel.set(model, scripts),
    at: (path, ...scripts) => void byPath.set(path, [...(byPath.get(path) ?? []), ...scripts]),
    setUnavailable: (now) => {
      unavailable = now;
    },
    async waitForChat(fits = () => true) {
      await changes.until(() => upstream.chats.some(fits), 'the chat request');
      const found = upstream.chats.find(fits);
      if (!found) throw new Error('The request no longer fits.');
      return found;
    },
    waitFor: (holds, what = 'what the test waits for') => changes.until(() => holds(upstream), what),
    async close() {
      const stopped = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await stopped;
    },
  };
  return upstream;
}

/** What arrived, also when the client left half-way. */
async function readBody(message: IncomingMessage, arrived: (bytes: number) => void): Promise<Buffer> {
  const parts: Buffer[] = [];
  try {
    for await (const part of message) {
      parts.push(part);
      arrived(part.length);
    }
  } catch {
    // The response's 'close' tells of it.
  }
  return Buffer.concat(parts);
}
