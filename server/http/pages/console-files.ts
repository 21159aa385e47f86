import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { acceptedEncoding, type FileEncoding } from './accepted-encoding.ts';
import { dataHeaders } from './security-headers.ts';

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

const suffixes: Readonly<Record<FileEncoding, string>> = { br: '.br', gzip: '.gz' };
/** The cache policy of files whose names contain a hash of their content. */
const FOR_EVER = 'public, max-age=31536000, immutable';

interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly ready: ReadonlySet<FileEncoding>;
}

/**
 * The files that the console's pages load. They were compressed when the console was built, and each is read when it is
 * first asked for.
 */
export class ConsoleFiles {
  readonly #dir: string;
  readonly #assets: ReadonlyMap<string, Asset>;
  readonly #bytes = new Map<string, Buffer>();

  constructor(dir: string) {
    this.#dir = dir;
    const names = existsSync(dir) ? readdirSync(dir) : [];
    const has = new Set(names);
    this.#assets = new Map(
      names.flatMap((name): [string, Asset][] => {
        const type = types[extname(name)];
        if (type === undefined) return [];
        const ready = new Set((['br', 'gzip'] as const).filter((encoding) => has.has(name + suffixes[encoding])));
        return [[name, { type, etag: name, ready }]];
      }),
    );
  }

  /** Returns false when there is no file of this name. */
  send(name: string, request: FastifyRequest, reply: FastifyReply): boolean {
    const asset = this.#assets.get(name);
    if (!asset) return false;
    const encoding = acceptedEncoding(request.headers['accept-encoding'], asset.ready);
    const etag = `"${asset.etag}${encoding ? `-${encoding}` : ''}"`;
    const bytes = this.#read(encoding ? name + suffixes[encoding] : name);
    if (!bytes) return false;
    reply.headers({
      ...dataHeaders,
      'content-type': asset.type,
      'cache-control': FOR_EVER,
      vary: 'accept-encoding',
      etag,
    });
    if (request.headers['if-none-match']?.includes(etag)) {
      reply.code(304).send();
      return true;
    }
    if (encoding) reply.header('content-encoding', encoding);
    reply.send(bytes);
    return true;
  }

  /** Null: the file is gone, because the console was built anew while the gateway runs. */
  #read(file: string): Buffer | null {
    const known = this.#bytes.get(file);
    if (known) return known;
    const path = join(this.#dir, file);
    if (!existsSync(path)) return null;
    const bytes = readFileSync(path);
    this.#bytes.set(file, bytes);
    return bytes;
  }
}
