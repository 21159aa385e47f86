import type { FastifyInstance } from 'fastify';
import type { ConsolePage } from './console-page.ts';
import { dataHeaders, pageHeaders } from './security-headers.ts';
import { createStaticFile, type StaticFile, sendStatic } from './static-file.ts';

/** The page for programs, and for browsers where the console was not built. */
const PLAIN = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>Duplex API reference</title></head>
<body><h1>API reference</h1>
<p>The reference is a page of the console, which is shown to browsers once npm run build has built it. Programs read the
<a href="/openapi.json">OpenAPI 3.1 document</a>. The <a href="/docs">documentation</a> explains the endpoints.</p></body>
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

interface ApiReferenceOptions {
  readonly page: ConsolePage;
  makeDocument(): object;
}

/** The OpenAPI document for machines at `/openapi.json`, and for people, in the console, at `/openapi`. */
export async function apiReferencePlugin(
  app: FastifyInstance,
  { page, makeDocument }: ApiReferenceOptions,
): Promise<void> {
  const document = lazyFile(makeDocument);
  const plain = createStaticFile(PLAIN, 'text/html; charset=utf-8', { ...pageHeaders(''), vary: 'accept' });

  app.get('/openapi.json', (request, reply) => sendStatic(request, reply, document()));
  app.get('/openapi', (request, reply) =>
    page.isFor(request) ? page.send(request, reply) : sendStatic(request, reply, plain),
  );
}
