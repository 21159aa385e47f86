import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../../errors/app-error.ts';
import { appHeaders, dataHeaders } from './security-headers.ts';
import { createStaticFile, type StaticFile, sendStatic } from './static-file.ts';

/** Swagger UI's own files, which this package has beside a plugin; `swagger-ui-dist` would report each installation. */
const ASSETS = join(dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui/package.json')), 'static');

const JS = 'text/javascript; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const files = {
  'swagger-ui.css': CSS,
  'index.css': CSS,
  'swagger-ui-bundle.js': JS,
  'favicon-32x32.png': 'image/png',
};

const START = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
`;

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Duplex API reference</title>
<link rel="icon" type="image/png" href="/openapi/static/favicon-32x32.png">
<link rel="stylesheet" href="/openapi/static/swagger-ui.css"><link rel="stylesheet" href="/openapi/static/index.css"></head>
<body><div id="swagger-ui"></div>
<script src="/openapi/static/swagger-ui-bundle.js"></script><script src="/openapi/static/start.js"></script>
</body>
</html>
`;

/** A file that is made when it is first asked for, so that the start does not wait for it. */
function lazyFile(makeDocument: () => object): () => StaticFile {
  let made: StaticFile | undefined;
  return () => {
    made ??= createStaticFile(JSON.stringify(makeDocument()), 'application/json; charset=utf-8', dataHeaders);
    return made;
  };
}

/** The OpenAPI document for machines at `/openapi.json`, and for people at `/openapi`. */
export async function apiReferencePlugin(
  app: FastifyInstance,
  { makeDocument }: { makeDocument: () => object },
): Promise<void> {
  const document = lazyFile(makeDocument);
  const page = createStaticFile(PAGE, 'text/html; charset=utf-8', appHeaders);
  // By their names alone, so that no path leads to another file.
  const assets = new Map<string, StaticFile>([
    ...Object.entries(files).map(
      ([name, type]) => [name, createStaticFile(readFileSync(join(ASSETS, name)), type, dataHeaders)] as const,
    ),
    ['start.js', createStaticFile(START, JS, dataHeaders)],
  ]);

  app.get('/openapi.json', (request, reply) => sendStatic(request, reply, document()));
  app.get('/openapi', (request, reply) => sendStatic(request, reply, page));
  app.get<{ Params: { '*': string } }>('/openapi/static/*', (request, reply) => {
    const asset = assets.get(request.params['*']);
    if (!asset) throw new AppError('route_not_found');
    return sendStatic(request, reply, asset);
  });
}
