// The yardstick: the least that a Fastify and undici proxy can do. No auth, no validation, no accounting.
import Fastify from 'fastify';
import { Pool } from 'undici';

const pool = new Pool(process.env.UPSTREAM ?? '', {
  pipelining: 1,
  connections: null,
  keepAliveTimeout: 60_000,
  bodyTimeout: 0,
  headersTimeout: 0,
});
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding']);
const sent = { 'content-type': 'application/json', authorization: 'Bearer upstream', accept: '*/*' };

/** Hands an upstream's answer on as the bytes it came in. */
class Forward {
  constructor(response) {
    this.response = response;
    response.on('close', () => {
      if (!this.done) this.controller?.abort(new Error('the client left'));
    });
  }
  onRequestStart(controller) {
    this.controller = controller;
    if (this.response.destroyed) controller.abort(new Error('the client left'));
  }
  onResponseStart(controller, status, headers) {
    if (status < 200) return;
    const kept = {};
    for (const name in headers) if (!hopByHop.has(name)) kept[name] = headers[name];
    this.response.writeHead(status, kept);
    if (!kept['content-length']) this.response.on('drain', () => controller.resume());
  }
  onResponseData(controller, bytes) {
    if (!this.response.write(bytes)) controller.pause();
  }
  onResponseEnd() {
    this.done = true;
    this.response.end();
  }
  onResponseError() {
    this.done = true;
    if (this.response.headersSent || this.response.destroyed) this.response.destroy();
    else this.response.writeHead(502).end();
  }
}

const app = Fastify({ logger: false, bodyLimit: 64 << 20, keepAliveTimeout: 65_000 });
app.removeAllContentTypeParsers();
app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
app.get('/healthz', () => ({ status: 'ok' }));
app.post('/v1/chat/completions', (request, reply) => {
  reply.hijack();
  pool.dispatch(
    { path: '/v1/chat/completions', method: 'POST', headers: sent, body: request.body },
    new Forward(reply.raw),
  );
});
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1', backlog: 4096 });
