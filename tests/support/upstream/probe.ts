import type { Exchange } from './exchange.ts';

/** Everything that is no chat: the list of models, the health, and what only this vendor has. */
export function answerProbe(exchange: Exchange, state: { models: readonly string[]; unavailable: boolean }): void {
  const { dialect, request } = exchange;
  if (state.unavailable) {
    const refusal = dialect.refusal('unavailable', request.asked);
    exchange.sendJson(refusal.status, refusal.body);
    return;
  }
  if (request.method === 'GET' && request.path.split('?')[0] === `${dialect.basePath}/models`) {
    exchange.sendJson(200, dialect.models(state.models));
    return;
  }
  const known = request.method === 'GET' ? dialect.paths[request.path] : undefined;
  if (!known) exchange.sendJson(404, { detail: 'Not Found' });
  else if (known.body === undefined) exchange.send(known.status, {}, '');
  else if (typeof known.body === 'string') exchange.send(known.status, { 'content-type': 'text/plain' }, known.body);
  else exchange.sendJson(known.status, known.body);
}
