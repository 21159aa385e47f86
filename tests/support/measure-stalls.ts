import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { freePort, listenLocally } from './listen-locally.ts';
import { bearer, root } from './start-gateway.ts';
import { startProcess } from './start-process.ts';

/** How a body reaches the gateway. */
export interface LongRequest {
  readonly path: string;
  readonly body: Buffer;
  /** Default `application/json`; `websocket` sends the body as one message to the path, which is `/trpc` by default. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether it is sent with a key that pays for it. Default: the administrator sends it. */
  readonly byKey?: boolean;
}

/** What a long request did to the gateway. */
interface Stall {
  /** The longest time for which nobody else was served, in ms of CPU time. */
  readonly ms: number;
  /** The status of the answer; 0 over a websocket. */
  readonly status: number;
}

export interface StallMeter {
  /** The shortest of several tries. */
  measure(request: LongRequest, tries: number): Promise<Stall>;
  close(): Promise<void>;
}

const ANSWERS: readonly (readonly [end: string, body: object])[] = [
  ['/embeddings', { object: 'list', model: 'm', data: [{ object: 'embedding', index: 0, embedding: [0.5] }] }],
  ['/images/generations', { created: 1, data: [{ b64_json: 'iVBORw0KGgo=' }] }],
  [
    '/messages',
    {
      ...{ id: 'm', type: 'message', role: 'assistant', model: 'm', content: [{ type: 'text', text: 'Yes.' }] },
      ...{ stop_reason: 'end_turn', usage: { input_tokens: 1, output_tokens: 1 } },
    },
  ],
  [
    '/chat/completions',
    {
      ...{ id: 'c', object: 'chat.completion', created: 1, model: 'm' },
      choices: [{ index: 0, message: { role: 'assistant', content: 'Yes.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    },
  ],
  [
    '/completions',
    {
      ...{ id: 'c', object: 'text_completion', created: 1, model: 'm' },
      choices: [{ index: 0, text: 'Yes.', finish_reason: 'stop' }],
    },
  ],
];

/** The events of a response after which others follow. */
const UNFINISHED = /"type":"response\.(created|queued|in_progress|output|content|reasoning)/;

/** Model servers of every dialect that throw away what they get, so that they take no time from the gateway. */
async function startUpstream() {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const [, body] = ANSWERS.find(([end]) => request.url?.endsWith(end)) ?? [];
      response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}));
    });
  });
  const port = await listenLocally(server);
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const models = (url: string) => `providers:
  own: { kind: openai-compatible, base_url: "${url}" }
  anthropic: { kind: anthropic, base_url: "${url}", api_key_env: KEY }
models:
  - { alias: own, input: [text, image, audio], endpoints: [chat, completions, embeddings, transcriptions], price: { input: 0.01, output: 0.01 }, backends: [{ provider: own, model: m }] }
  - { alias: anthropic, input: [text, image], backends: [{ provider: anthropic, model: claude-sonnet-4-5 }] }
`;

/** The compiled gateway in a process of its own, watched by `stall-probe.mjs`. */
export async function startStallMeter(env: Record<string, string> = {}): Promise<StallMeter> {
  const folder = mkdtempSync(join(tmpdir(), 'duplex-stalls-'));
  const upstream = await startUpstream();
  const probePort = await freePort();
  writeFileSync(join(folder, 'models.yaml'), models(upstream.url));
  const gateway = await startProcess(folder, {
    MODELS_FILE: join(folder, 'models.yaml'),
    KEY: 'test',
    LOG_LEVEL: 'silent',
    NODE_OPTIONS: `--import ${join(root, 'tests/support/stall-probe.mjs')}`,
    STALL_PROBE_PORT: String(probePort),
    ...env,
  });
  const authorization = `Bearer ${bearer}`;

  async function readProbe(): Promise<number> {
    const socket = connect(probePort, '127.0.0.1');
    let text = '';
    for await (const part of socket) text += String(part);
    return Number(text);
  }

  async function sendOverWebsocket(path: string, body: Buffer): Promise<number> {
    const socket = new WebSocket(gateway.url.replace('http', 'ws') + path, { headers: { authorization } });
    await once(socket, 'open');
    const ended = new Promise<void>((resolve) => {
      socket.once('close', resolve);
      socket.on('message', (message) => {
        if (!UNFINISHED.test(String(message).slice(0, 100))) resolve();
      });
    });
    socket.send(body, { binary: false });
    await ended;
    socket.terminate();
    return 0;
  }

  const { key } = await (
    await fetch(`${gateway.url}/api/keys`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'stalls', owner: 'stalls', credit_usd: 1_000 }),
    })
  ).json();

  async function send({ path, body, type = 'application/json', byKey, ...more }: LongRequest): Promise<number> {
    if (type === 'websocket') return sendOverWebsocket(path || '/trpc', body);
    const headers = { authorization: byKey ? `Bearer ${key}` : authorization, 'content-type': type, ...more.headers };
    const response = await fetch(gateway.url + path, { method: 'POST', headers, body: new Uint8Array(body) });
    await response.text();
    return response.status;
  }

  async function measureOnce(request: LongRequest): Promise<Stall> {
    await readProbe();
    const status = await send(request);
    return { status, ms: await readProbe() };
  }

  return {
    async measure(request, tries) {
      let best = await measureOnce(request);
      for (let left = tries - 1; left > 0; left--) {
        const next = await measureOnce(request);
        if (next.ms < best.ms) best = next;
      }
      return best;
    },
    async close() {
      await gateway.stop('SIGKILL');
      upstream.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
