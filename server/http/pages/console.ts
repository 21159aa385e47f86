import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../../errors/app-error.ts';
import { ConsoleFiles } from './console-files.ts';
import type { ConsolePage } from './console-page.ts';
import { type StaticFile, sendStatic } from './static-file.ts';

export interface ConsoleOptions {
  /** Where `npm run build` puts the console. */
  readonly consoleDir: string;
  readonly page: ConsolePage;
  /** The page that programs get at `/`. Browsers get it too where the console was not built. */
  readonly home: StaticFile;
}

/** The console's own addresses, and its files. */
export async function consolePlugin(app: FastifyInstance, { consoleDir, page, home }: ConsoleOptions): Promise<void> {
  const files = new ConsoleFiles(join(consoleDir, 'assets'));

  app.get('/', (request, reply) =>
    page.isFor(request) ? page.send(request, reply) : sendStatic(request, reply, home),
  );
  const addresses = ['/playground', '/playground/*', '/console', '/console/*'];
  for (const url of addresses) app.get(url, (request, reply) => page.send(request, reply));
  app.get<{ Params: { '*': string } }>('/console/assets/*', (request, reply) => {
    if (!files.send(request.params['*'], request, reply)) throw new AppError('route_not_found');
    return reply;
  });
}
