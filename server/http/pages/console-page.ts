import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../errors/app-error.ts';
import { forwardedPrefix } from './forwarded-prefix.ts';
import { consoleHeaders } from './security-headers.ts';
import { createStaticFile, type StaticFile, sendStatic } from './static-file.ts';

const HTML = 'text/html; charset=utf-8';
const headers = { ...consoleHeaders, vary: 'accept, x-forwarded-prefix' };

/** The one page of the console, whose script shows what the address names. Its files have the prefix in their addresses. */
export class ConsolePage {
  readonly #html: string | null;
  readonly #basePath: string;
  readonly #own: StaticFile;

  /** `basePath` is where the gateway is reached, such as `/llm`; empty: at the root. */
  constructor(consoleDir: string, basePath: string) {
    const index = join(consoleDir, 'index.html');
    this.#html = existsSync(index) ? readFileSync(index, 'utf8') : null;
    this.#basePath = basePath;
    this.#own = this.#under(basePath);
  }

  /** Whether a request is answered with it: it comes from a browser, and the console was built. */
  isFor({ headers: { accept } }: FastifyRequest): boolean {
    return this.#html !== null && accept?.includes('text/html') === true;
  }

  /** Throws `route_not_found` where the console was not built. */
  send(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (this.#html === null) throw new AppError('route_not_found', 'The console was not built: run `npm run build`.');
    const prefix = forwardedPrefix(request.headers['x-forwarded-prefix']);
    return sendStatic(request, reply, prefix === null || prefix === this.#basePath ? this.#own : this.#under(prefix));
  }

  #under(prefix: string): StaticFile {
    return createStaticFile((this.#html ?? '').replaceAll('"./assets/', `"${prefix}/console/assets/`), HTML, headers);
  }
}
