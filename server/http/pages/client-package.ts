import { existsSync, readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../../errors/app-error.ts';
import { dataHeaders } from './security-headers.ts';
import { createStaticFile, type StaticFile, sendStatic } from './static-file.ts';

/** `npm install <gateway>/client.tgz`: the package of the client whose types are those of this gateway. */
export async function clientPackagePlugin(app: FastifyInstance, { file }: { file: string }): Promise<void> {
  let packed: StaticFile | undefined;

  app.get('/client.tgz', (request, reply) => {
    if (!packed && !existsSync(file)) {
      throw new AppError('route_not_found', 'The package of the client was not built: run `npm run build`.');
    }
    packed ??= createStaticFile(readFileSync(file), 'application/gzip', dataHeaders);
    return sendStatic(request, reply, packed);
  });
}
