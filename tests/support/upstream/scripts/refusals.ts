import type { RefusalKind } from '../dialects/dialect.ts';
import type { Exchange, Script } from '../exchange.ts';

/** An error before the answer, in the vendor's own shape. `headers` adds or overrides, such as `retry-after`. */
export function refuse(kind: RefusalKind, headers: Record<string, string> = {}): Script {
  return (exchange) => {
    const refusal = exchange.dialect.refusal(kind, exchange.request.asked);
    exchange.sendJson(refusal.status, refusal.body, { ...refusal.headers, ...headers });
  };
}

/** An error page, as a reverse proxy in front of the upstream writes it. */
export function htmlError(status = 502): Script {
  const page = `<html>\r\n<head><title>${status} Bad Gateway</title></head>\r\n<body>\r\n<center><h1>${status} Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n`;
  return (exchange) => exchange.send(status, { 'content-type': 'text/html', server: 'nginx' }, page);
}

/** Status 200 with the body of an error: an answer that is none. */
export function errorBodyWith200(kind: RefusalKind = 'server-error'): Script {
  return (exchange) => exchange.sendJson(200, exchange.dialect.refusal(kind, exchange.request.asked).body);
}

/** Status 200 and not one byte of a body. */
export const empty200: Script = (exchange) => exchange.send(200, { 'content-type': contentType(exchange) }, '');

/** Sends the client elsewhere; a gateway must not follow with its key. */
export function redirect(location: string, status: 301 | 302 | 307 | 308 = 307): Script {
  return (exchange) => exchange.send(status, { location }, '');
}

/** Any status, headers and body. */
export function raw(status: number, headers: Record<string, string>, body: string | Uint8Array): Script {
  return (exchange) => exchange.send(status, headers, body);
}

function contentType({ dialect, request }: Exchange): string {
  return request.asked.stream ? dialect.streamType : dialect.jsonType;
}
