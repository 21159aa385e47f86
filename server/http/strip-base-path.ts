import type { IncomingMessage, Server } from 'node:http';

function withoutBasePath(url: string, basePath: string): string {
  if (!url.startsWith(basePath)) return url;
  const rest = url.slice(basePath.length);
  if (rest === '') return '/';
  if (rest.startsWith('/')) return rest;
  return rest.startsWith('?') ? `/${rest}` : url;
}

/**
 * Serves the gateway below a path such as `/llm`, whether or not the proxy in front of it removes that path. Call it
 * after all other listeners are registered, so that it runs before them.
 */
export function stripBasePath(server: Server, basePath: string): void {
  if (basePath === '') return;
  const strip = (request: IncomingMessage) => {
    if (request.url !== undefined) request.url = withoutBasePath(request.url, basePath);
  };
  for (const event of ['request', 'upgrade', 'checkContinue'] as const) server.prependListener(event, strip);
}
