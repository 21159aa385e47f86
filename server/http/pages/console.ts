import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../errors/app-error.ts';
import { ConsoleFiles } from './console-files.ts';
import { forwardedPrefix } from './forwarded-prefix.ts';
import { consoleHeaders } from './security-headers.ts';
import { createStaticFile, type StaticFile, sendStatic } from './static-file.ts';

export interface ConsoleOptions {
  /** Where `npm run build` puts the console. */
  readonly consoleDir: string;
  /** The path below which the gateway is reached, such as `/llm`; empty: none. */
  readonly basePath: string;
  /** What programs get at `/`, and browsers too where the console was not built. */
  readonly home: StaticFile;
}

const HTML = 'text/html; charset=utf-8';

const wantsPage = ({ headers }: FastifyRequest) => headers.accept?.includes('text/html') === true;

/** The console: one page, whose script shows what the address names. Its files have the prefix in their addresses. */
export async function consolePlugin(app: FastifyInstance, options: ConsoleOptions): Promise<void> {
  const { consoleDir, basePath, home } = options;
  const index = join(consoleDir, 'index.html');
  const html = existsSync(index) ? readFileSync(index, 'utf8') : null;
  const files = new ConsoleFiles(join(consoleDir, 'assets'));
  const headers = { ...consoleHeaders, vary: 'accept, x-forwarded-prefix' };
  const under = (prefix: string) =>
    createStaticFile((html ?? '').replaceAll('"./assets/', `"${prefix}/console/assets/`), HTML, headers);
  const own = under(basePath);
  const homeFile = { ...home, headers: { ...home.headers, vary: 'accept' } };

  function sendPage(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (html === null) throw new AppError('route_not_found', 'The console was not built: run `npm run build`.');
    const prefix = forwardedPrefix(request.headers['x-forwarded-prefix']);
    return sendStatic(request, reply, prefix === null || prefix === basePath ? own : under(prefix));
  }

  app.get('/', (request, reply) =>
    html !== null && wantsPage(request) ? sendPage(request, reply) : sendStatic(request, reply, homeFile),
  );
  const pages = ['/playground', '/playground/*', '/console', '/console/*'];
  for (const url of pages) app.get(url, sendPage);
  app.get<{ Params: { '*': string } }>('/console/assets/*', (request, reply) => {
    if (!files.send(request.params['*'], request, reply)) throw new AppError('route_not_found');
    return reply;
  });
}
