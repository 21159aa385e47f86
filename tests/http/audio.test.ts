import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { openRaw } from '../support/raw-request.ts';
import { startEndpoints, usageOf } from '../support/start-endpoints.ts';
import { bearer, startGateway } from '../support/start-gateway.ts';
import type { ScriptedGateway } from '../support/start-scripted.ts';
import { hangBeforeHeaders } from '../support/upstream/scripts/failures.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';

const MB = 1024 * 1024;
const transcriptions = '/v1/audio/transcriptions';
const speech = '/v1/audio/speech';
const authorization = `Bearer ${bearer}`;

let gateway: ScriptedGateway;
let client: OpenAI;
const faults: unknown[] = [];
const noteFault = (fault: unknown) => void faults.push(fault);
beforeAll(async () => {
  process.on('uncaughtException', noteFault).on('unhandledRejection', noteFault);
  gateway = await startEndpoints();
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: bearer, maxRetries: 0 });
});
afterAll(async () => {
  await gateway.close();
  process.off('uncaughtException', noteFault).off('unhandledRejection', noteFault);
  expect(faults).toEqual([]);
});

type Field = [name: string, value: string | Blob, filename?: string];
function formOf(fields: Field[]): FormData {
  const form = new FormData();
  for (const [name, value, filename] of fields) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, value, filename);
  }
  return form;
}
const audio = (size: number, byte = 7) => new Blob([Buffer.alloc(size, byte)], { type: 'audio/mpeg' });
const send = (fields: Field[], path = transcriptions, url = gateway.url) =>
  fetch(url + path, { method: 'POST', headers: { authorization }, body: formOf(fields) });

/** The form that the upstream got last, read by somebody else's parser. */
function receivedForm(): Promise<FormData> {
  const request = gateway.upstream.requests.at(-1);
  const headers = { 'content-type': request?.headers['content-type'] ?? '' };
  return new Response(new Uint8Array(request?.body ?? []), { headers }).formData();
}

test.each([
  ['a playlist', '#EXTM3U\nhttp://inner.example/a.ts\n'],
  ['a list of files', "  ffconcat version 1.0\nfile '/etc/passwd'\n"],
  ['the description of a session', 'v=0\nc=IN IP4 127.0.0.1\n'],
])('%s in place of a sound is refused, because it names other files', async (_what, text) => {
  for (const fields of [
    ['model', 'file'],
    ['file', 'model'],
  ]) {
    const values: Record<string, string | Blob> = { model: 'whisper', file: new Blob([text], { type: 'audio/mpeg' }) };
    const response = await send(fields.map((name): Field => [name, values[name] ?? '']));
    expect(await errorOf(response)).toMatchObject({ status: 400, code: 'invalid_field', param: 'file' });
  }
});

describe('a form', () => {
  const rest: Field[] = [
    ['language', 'de'],
    ['timestamp_granularities[]', 'word'],
    ['timestamp_granularities[]', 'segment'],
    ['prompt', 'Zeile 1\r\nZeile 2'],
  ];
  const file: Field = ['file', audio(3 * MB), 'Grüße "laut".mp3'];
  const model: Field = ['model', 'whisper'];

  test.each([
    ['model first', [model, file, ...rest]],
    ['file first', [file, ...rest, model]],
    ['model in the middle', [...rest, model, file]],
  ])('with %s reaches the upstream whole, with the upstream’s name of the model', async (_order, fields) => {
    for (const path of [transcriptions, '/v1/audio/translations']) {
      const response = await send(fields, path);
      expect([response.status, await response.json()]).toMatchObject([200, { text: 'Hello.' }]);
      expect(gateway.upstream.requests.at(-1)?.path).toBe(path);
      const form = await receivedForm();
      expect([...form.keys()]).toEqual(fields.map(([name]) => name));
      for (const [name] of rest) expect(form.getAll(name)).toEqual(rest.filter(([n]) => n === name).map(([, v]) => v));
      expect(form.get('model')).toBe('whisper-model');
      const got = form.get('file');
      if (!(got instanceof File)) throw new Error('There is no file.');
      expect([got.name, got.type, got.size]).toEqual(['Grüße "laut".mp3', 'audio/mpeg', 3 * MB]);
      expect(Buffer.from(await got.arrayBuffer()).equals(Buffer.alloc(3 * MB, 7))).toBe(true);
    }
  });

  test('is counted, and the answer names its backend', async () => {
    const response = await send([model, ['file', audio(10), 'a.mp3']]);
    await response.text();
    expect(response.headers.get('x-gateway-backend')).toBe('up/whisper-model');
    expect(await usageOf(gateway, response.headers.get('x-request-id'))).toMatchObject({
      operation: 'v1.audio.transcriptions',
      alias: 'whisper',
      outcome: 'ok',
      estimated: 1,
    });
  });

  test('has samples of voices of any length', async () => {
    const sample = `data:audio/wav;base64,${'A'.repeat(100_000)}`;
    const response = await send([
      model,
      ['known_speaker_references[]', sample],
      file,
      ['known_speaker_references[]', sample],
    ]);
    expect(response.status).toBe(200);
    expect((await receivedForm()).getAll('known_speaker_references[]')).toEqual([sample, sample]);
  });

  test('costs the words beside its file, too', async () => {
    const costOf = async (fields: Field[]): Promise<number> => {
      const response = await send(fields);
      await response.text();
      const { promptTokens } = await usageOf(gateway, response.headers.get('x-request-id'));
      return Number(promptTokens);
    };
    const sound: Field = ['file', audio(10), 'a.mp3'];
    const bare = await costOf([model, sound]);
    for (const fields of [
      [model, ['prompt', 'word '.repeat(1_000)], sound],
      [sound, ['prompt', 'word '.repeat(1_000)], model],
    ] satisfies Field[][]) {
      expect(await costOf(fields)).toBeGreaterThan(bare + 900);
    }
  });

  test('of the official library is understood, in both of its orders', async () => {
    const bytes = await toFile(Buffer.alloc(2 * MB, 1), 'a.mp3');
    expect((await client.audio.transcriptions.create({ file: bytes, model: 'whisper' })).text).toBe('Hello.');
    expect((await client.audio.translations.create({ model: 'whisper', file: bytes })).text).toBe('Hello.');
    expect((await receivedForm()).get('model')).toBe('whisper-model');
  });
});

/** An upload whose pieces the test sends itself. */
function openUpload(head: string, length: number, url = gateway.url) {
  const connection = openRaw(url);
  const lines = [
    `POST ${transcriptions} HTTP/1.1`,
    'host: gateway',
    `authorization: ${authorization}`,
    'content-type: multipart/form-data; boundary=XyZ',
    `content-length: ${head.length + length}`,
  ];
  connection.socket.write(`${lines.join('\r\n')}\r\n\r\n${head}`);
  return connection;
}
/** The sizes of the files in which uploads wait, in bytes; they have no name any more. */
function spooled(): number[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('duplex-upload-')
        ? [statSync(`/proc/self/fd/${fd}`).size]
        : [];
    } catch {
      return [];
    }
  });
}

const part = (name: string, filename = '') =>
  `--XyZ\r\nContent-Disposition: form-data; name="${name}"${filename && `; filename="${filename}"`}\r\n\r\n`;
const modelFirst = `${part('model')}whisper\r\n${part('file', 'a.mp3')}`;
const end = '\r\n--XyZ--\r\n';

describe('an upload of 20 MB', () => {
  const size = 20 * MB;

  test('is on its way to the upstream while the client is still sending', async () => {
    const before = gateway.upstream.received;
    const { socket, until } = openUpload(modelFirst, size + end.length);
    for (let sent = MB; sent <= size; sent += MB) {
      socket.write(Buffer.alloc(MB, 1));
      // All but the little that stands in pipes is there before the next piece is sent.
      await gateway.upstream.waitFor(({ received }) => received - before > sent - 256 * 1024);
    }
    socket.write(end);
    expect(await until(/"text"/)).toMatch(/^HTTP\/1\.1 200 /);
    expect((await receivedForm()).get('file')).toMatchObject({ size });
    socket.destroy();
  });

  test.runIf(existsSync('/proc/self/fd'))('waits on disk, not in memory, when its model comes last', async () => {
    const before = gateway.upstream.received;
    const rest = `\r\n${part('model')}whisper${end}`;
    const { socket, until } = openUpload(part('file', 'a.mp3'), size + rest.length);
    for (let sent = 0; sent < size; sent += MB) socket.write(Buffer.alloc(MB, 1));
    await vi.waitFor(() => expect(spooled()[0]).toBeGreaterThan(size - 2 * MB), 60_000);
    expect(gateway.upstream.received).toBe(before);
    socket.write(rest);
    expect(await until(/"text"/)).toMatch(/^HTTP\/1\.1 200 /);
    expect((await receivedForm()).get('file')).toMatchObject({ size });
    await vi.waitFor(() => expect(spooled()).toEqual([]), 60_000);
    socket.destroy();
  });

  test.runIf(existsSync('/proc/self/fd'))('leaves nothing on disk when its client leaves', async () => {
    const { socket } = openUpload(part('file', 'a.mp3'), size);
    socket.write(Buffer.alloc(4 * MB, 1));
    await vi.waitFor(() => expect(spooled().length).toBe(1), 60_000);
    socket.resetAndDestroy();
    await vi.waitFor(() => expect(spooled()).toEqual([]), 60_000);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('duplex-upload-'))).toEqual([]);
  });

  test('is aborted at the upstream when the client disconnects', async () => {
    const [before, broken] = [gateway.upstream.received, gateway.upstream.brokenOff];
    const { socket } = openUpload(modelFirst, size + end.length);
    socket.write(Buffer.alloc(MB, 1));
    await gateway.upstream.waitFor(({ received }) => received > before);
    socket.resetAndDestroy();
    await gateway.upstream.waitFor(({ brokenOff }) => brokenOff > broken);
  });
});

describe('an upstream', () => {
  /** A gateway whose `whisper` is served as told. */
  async function serve(listener: RequestListener) {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const own = await startGateway({
      models: `providers:
  up: { kind: openai-compatible, base_url: "http://127.0.0.1:${port}/v1" }
models:
  - { alias: whisper, endpoints: [transcriptions, speech], backends: [{ provider: up, model: m }] }
`,
    });
    onTestFinished(async () => {
      await own.close();
      server.closeAllConnections();
      server.close();
    });
    return own;
  }

  test('that refuses before the upload is over is heard, though the client sends nothing more', async () => {
    const own = await serve((_request, response) => {
      response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '9' });
      response.end('{"error":{"message":"slow down"}}');
    });
    const { socket, until } = openUpload(modelFirst, 20 * MB, own.url);
    socket.write(Buffer.alloc(MB, 1));
    expect(await until(/\}\}$/)).toMatch(/^HTTP\/1\.1 429 .*model_quota_exhausted/s);
    socket.destroy();
  });

  test('that cuts the connection during the upload is an error', async () => {
    const own = await serve((request) => void request.once('data', () => request.destroy()));
    const error = await errorOf(
      await send(
        [
          ['model', 'whisper'],
          ['file', audio(20 * MB), 'a'],
        ],
        transcriptions,
        own.url,
      ),
    );
    expect(error.code).toBe('upstream_broken');
  });

  test('that breaks off its audio makes the client’s connection break off too', async () => {
    const own = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'audio/mpeg' });
      response.write('half', () => response.destroy());
    });
    const response = await own.call('POST', speech, { model: 'whisper', input: 'Hi' });
    expect(response.status).toBe(200);
    await expect(response.arrayBuffer()).rejects.toThrow();
  });

  test('that breaks off its events makes them end with an error event', async () => {
    const own = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"type":"speech.audio.delta","audio":"AA', () => response.destroy());
    });
    const response = await own.call('POST', speech, { model: 'whisper', input: 'Hi', stream_format: 'sse' });
    const last = (await response.text()).trim().split('\n\n').at(-1) ?? '';
    expect(JSON.parse(last.slice('data: '.length)).error.code).toBe('upstream_broken');
  });

  test('is read no faster than its client reads, and closed when the client disconnects', async () => {
    let written = 0;
    let closed = () => {};
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const own = await serve(async (_request, response) => {
      response.once('close', closed);
      response.writeHead(200, { 'content-type': 'audio/mpeg' });
      for (; written < 200 && !response.destroyed; written++) {
        if (!response.write(Buffer.alloc(MB))) await Promise.race([once(response, 'drain'), gone]);
      }
      if (!response.destroyed) response.end();
    });
    const leaving = new AbortController();
    const response = await fetch(own.url + speech, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'whisper', input: 'Hi' }),
      signal: leaving.signal,
    });
    const reader = response.body?.getReader();
    await reader?.read();
    for (let still = 0, before = -1; still < 50 && written < 190; before = written) {
      expect((await own.call('GET', '/v1/models')).status).toBe(200);
      still = written === before ? still + 1 : 0;
    }
    expect(written).toBeLessThan(64);
    leaving.abort();
    await gone;
  });
});

describe('speech', () => {
  test('is the upstream’s bytes in its own type', async () => {
    const response = await gateway.call('POST', speech, { model: 'voice', input: 'Hi', voice: 'alloy', speed: 1.5 });
    expect(response.headers.get('content-type')).toBe('audio/mpeg');
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0xff, 0xf3, 0x00, 0x0a, 0x0d, 0x80]);
    expect(gateway.upstream.requests.at(-1)?.json).toEqual({
      model: 'voice-model',
      input: 'Hi',
      voice: 'alloy',
      speed: 1.5,
    });
    expect(await usageOf(gateway, response.headers.get('x-request-id'))).toMatchObject({
      operation: 'v1.audio.speech',
      outcome: 'ok',
    });
  });

  test('is events when those are asked for', async () => {
    const response = await gateway.call('POST', speech, { model: 'voice', input: 'Hi', stream_format: 'sse' });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(await response.text()).toContain('data: {"type":"speech.audio.done"');
  });

  test('is spoken to the official library', async () => {
    const response = await client.audio.speech.create({ model: 'voice', input: 'Hi', voice: 'alloy' });
    expect((await response.arrayBuffer()).byteLength).toBe(6);
  });

  test('is aborted at the upstream when the client disconnects before the first byte', async () => {
    gateway.upstream.at(speech, hangBeforeHeaders);
    const seen = gateway.upstream.requests.length;
    const leaving = new AbortController();
    const options = { signal: leaving.signal };
    const asked = client.audio.speech.create({ model: 'voice', input: 'Hi', voice: 'alloy' }, options);
    asked.catch(() => undefined);
    await gateway.upstream.waitFor(({ requests }) => requests.length > seen);
    leaving.abort();
    await gateway.upstream.requests.at(-1)?.aborted;
  });

  test.each([
    ['no input', { input: undefined }, 'missing_field', 'input'],
    ['no model', { model: undefined }, 'missing_field', 'model'],
    ['a model without speech', { model: 'whisper' }, 'endpoint_not_supported', 'model'],
    ['a vendor without speech', { model: 'nowhere' }, 'no_backend', 'model'],
    ['a key in other letters', { MODEL: 'other' }, 'invalid_field', 'MODEL'],
  ])('with %s is refused', async (_what, body, code, param) => {
    const response = await gateway.call('POST', speech, { model: 'voice', input: 'Hi', ...body });
    expect(await errorOf(response)).toMatchObject({ code, param });
  });
});

describe('a form that is refused', () => {
  const file: Field = ['file', audio(2 * MB), 'a.mp3'];
  const big: Field = ['file', audio(34 * MB), 'a.mp3'];
  const words = Array.from({ length: 20 }, (): Field => ['prompt', 'x'.repeat(1_000)]);
  test.each<[string, Field[], string, string | null]>([
    ['without a model', [file], 'missing_field', 'model'],
    ['without a file', [['model', 'whisper']], 'missing_field', 'file'],
    ['with two models', [['model', 'whisper'], file, ['model', 'other']], 'invalid_field', 'model'],
    ['with a model in other letters besides', [['model', 'whisper'], ['Model', 'x'], file], 'invalid_field', 'model'],
    ['for an unknown model', [file, ['model', 'nobody']], 'model_not_in_allowlist', 'model'],
    ['for a model that only chats', [['model', 'chatter'], file], 'endpoint_not_supported', 'model'],
    ['for a vendor without audio', [['model', 'nowhere'], file], 'no_backend', 'model'],
    ['beyond the limit', [['model', 'whisper'], big], 'body_too_large', null],
    ['with a long prompt', [['model', 'whisper'], ['prompt', 'x'.repeat(20_000)], file], 'invalid_field', 'prompt'],
    ['with much text in many fields', [...words, ['model', 'whisper'], file], 'invalid_field', 'prompt'],
    [
      'with a prompt behind the file',
      [['model', 'whisper'], file, ['prompt', 'x'.repeat(3_000)]],
      'invalid_field',
      'prompt',
    ],
    [
      'with a prompt as a file',
      [['model', 'whisper'], file, ['prompt', audio(20_000), 'p.txt']],
      'invalid_field',
      'prompt',
    ],
  ])('%s is an error with its param', async (_what, fields, code, param) => {
    expect(await errorOf(await send(fields))).toMatchObject({ code, param });
  });

  test('beyond the limit, without saying so before, is a clean 413 in either order', async () => {
    for (const head of [modelFirst, part('file', 'a.mp3')]) {
      const pieces = (async function* () {
        yield Buffer.from(head);
        for (let i = 0; i < 40; i++) yield Buffer.alloc(MB, 1);
      })();
      const response = await fetch(gateway.url + transcriptions, {
        method: 'POST',
        headers: { authorization, 'content-type': 'multipart/form-data; boundary=XyZ' },
        body: ReadableStream.from(pieces),
        duplex: 'half',
      } as RequestInit);
      expect((await errorOf(response)).code).toBe('body_too_large');
    }
  });

  test.each([
    ['JSON', '{"model":"whisper"}', 'application/json', 'unsupported_media_type', 'Content-Type'],
    ['no boundary', 'x', 'multipart/form-data', 'unsupported_media_type', 'Content-Type'],
    ['nothing', '', 'multipart/form-data; boundary=x', 'invalid_field', 'body'],
    ['a torn form', `${modelFirst}abc`, 'multipart/form-data; boundary=XyZ', 'invalid_field', 'body'],
  ])('because it is %s says so', async (_what, body, type, code, param) => {
    const response = await gateway.call('POST', transcriptions, body, { 'content-type': type });
    expect(await errorOf(response)).toMatchObject({ code, param });
  });

  test('by the upstream is not tried again: the file is gone', async () => {
    const patient = await startEndpoints({ UPSTREAM_RETRIES: '2' });
    patient.upstream.at(transcriptions, refuse('server-error'));
    const form = new FormData();
    form.set('model', 'whisper');
    form.set('file', new Blob(['audio']), 'a.mp3');
    const headers = { authorization };
    const answer = await fetch(patient.url + transcriptions, { method: 'POST', body: form, headers });
    expect((await errorOf(answer)).code).toBe('upstream_broken');
    expect(patient.upstream.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    await patient.close();
  });

  test('by the upstream is an error as everywhere', async () => {
    gateway.upstream.at(transcriptions, refuse('bad-request'));
    expect((await errorOf(await send([['model', 'whisper'], file]))).code).toBe('upstream_rejected');
  });

  test('without a key is refused before its body is read; another method is 405', async () => {
    const { socket, until } = openRaw(gateway.url);
    socket.write(
      `POST ${transcriptions} HTTP/1.1\r\nhost: g\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 1000\r\n\r\n`,
    );
    expect(await until(/\}\}$/)).toMatch(/^HTTP\/1\.1 401 /);
    socket.destroy();
    for (const path of [transcriptions, speech]) {
      const response = await gateway.call('GET', path);
      expect([(await errorOf(response)).code, response.headers.get('allow')]).toEqual(['method_not_allowed', 'POST']);
    }
  });
});
