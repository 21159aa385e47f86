import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { ConsolePage } from './console-page.ts';
import { forwardedPrefix } from './forwarded-prefix.ts';
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

/** Marks the place of the servers. It is random, so the document cannot contain it. */
const PLACE = randomUUID();

const headers = { ...dataHeaders, vary: 'x-forwarded-prefix' };

/**
 * The document, made when it is first asked for, so that the start does not wait for it. Its server is the path below which
 * the gateway is reached. Only the last such path is kept: a gateway is reached by one or two.
 */
function documentFiles(makeDocument: () => object): (prefix: string) => StaticFile {
  // Anybody may send any prefix, so the document around it is written only once.
  let parts: readonly string[] | undefined;
  let made: { readonly prefix: string; readonly file: StaticFile } | undefined;
  return (prefix) => {
    if (made?.prefix === prefix) return made.file;
    parts ??= JSON.stringify({ ...makeDocument(), servers: PLACE }).split(JSON.stringify(PLACE));
    const text = parts.join(JSON.stringify([{ url: prefix === '' ? '/' : prefix }]));
    made = { prefix, file: createStaticFile(text, 'application/json; charset=utf-8', headers) };
    return made.file;
  };
}

interface ApiReferenceOptions {
  readonly page: ConsolePage;
  /** Where the gateway is reached, such as `/llm`; empty: at the root. */
  readonly basePath: string;
  makeDocument(): object;
}

/** The OpenAPI document for machines at `/openapi.json`, and for people, in the console, at `/openapi`. */
export async function apiReferencePlugin(
  app: FastifyInstance,
  { page, basePath, makeDocument }: ApiReferenceOptions,
): Promise<void> {
  const document = documentFiles(makeDocument);
  const plain = createStaticFile(PLAIN, 'text/html; charset=utf-8', { ...pageHeaders(''), vary: 'accept' });

  app.get('/openapi.json', (request, reply) =>
    sendStatic(request, reply, document(forwardedPrefix(request.headers['x-forwarded-prefix']) ?? basePath)),
  );
  app.get('/openapi', (request, reply) =>
    page.isFor(request) ? page.send(request, reply) : sendStatic(request, reply, plain),
  );
}
