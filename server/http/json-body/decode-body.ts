import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../../errors/app-error.ts';
import { systemCodeOf } from '../../errors/system-code.ts';
import type { HeldBytes } from '../../features/access/held-bytes.ts';
import { holdRequest } from '../hooks/hold-request.ts';
import { collectBody } from './collect-body.ts';

/** Decodes a whole body on libuv's threads, and stops as soon as the result exceeds the limit. */
type Decoder = (body: Buffer, limit: number) => Promise<Buffer>;

/**
 * The size of the pieces that zlib works on. Node's default is 16 KiB, and each piece costs a round trip to another
 * thread.
 */
const chunkSize = 64 * 1024;

const gunzip = promisify(zlib.gunzip);
const brotliDecompress = promisify(zlib.brotliDecompress);
const inflate = promisify(zlib.inflate);
const inflateRaw = promisify(zlib.inflateRaw);

const gzip: Decoder = (body, maxOutputLength) => gunzip(body, { maxOutputLength, chunkSize });
const brotli: Decoder = (body, maxOutputLength) => brotliDecompress(body, { maxOutputLength, chunkSize });

/** Whether the data begins with a zlib header (RFC 1950, 2.2). */
function hasZlibHeader([first = 0, second = 0]: Buffer): boolean {
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
}

/** In HTTP, `deflate` means the zlib format (RFC 9110, 8.4.1.2). Some clients send raw deflate data instead. */
const deflate: Decoder = (body, maxOutputLength) =>
  (hasZlibHeader(body) ? inflate : inflateRaw)(body, { maxOutputLength, chunkSize });

/** HTTP allows windows of up to 8 MiB (RFC 9659). Without this limit a few bytes could reserve 128 MiB. */
const ZSTD_WINDOW_LOG = 23;

/**
 * Finds the zstd decoder. Node has it since 22.15, so the types of Node 20 do not declare it. Null: this Node cannot
 * decode zstd.
 */
function findZstd(): Decoder | null {
  const decompress: unknown = Reflect.get(zlib, 'zstdDecompress');
  const windowLogMax: unknown = Reflect.get(zlib.constants, 'ZSTD_d_windowLogMax');
  if (typeof decompress !== 'function' || typeof windowLogMax !== 'number') return null;
  const params = { [windowLogMax]: ZSTD_WINDOW_LOG };
  return (body, maxOutputLength) =>
    new Promise((resolve, reject) => {
      const done = (error: Error | null, decoded: Buffer) => (error ? reject(error) : resolve(decoded));
      Reflect.apply(decompress, zlib, [body, { maxOutputLength, chunkSize, params }, done]);
    });
}

const zstd = findZstd();
const decoders = new Map<string, Decoder>([
  ['gzip', gzip],
  ['x-gzip', gzip],
  ['deflate', deflate],
  ['br', brotli],
  ...(zstd ? [['zstd', zstd] as const] : []),
]);
const KNOWN = [...decoders.keys()].filter((name) => name !== 'x-gzip').join(', ');

/**
 * The most content codings of one body; each is a pass over it. Clients use one at most, and a proxy may add another.
 */
const MOST_CODINGS = 3;

const refuse = (message: string) => new AppError('unsupported_media_type', message, { param: 'Content-Encoding' });

/** The codings of a body, in the order in which they were applied. Throws `unsupported_media_type`. */
function codingsOf({ headers }: FastifyRequest): string[] {
  const names = (headers['content-encoding'] ?? '').split(',').map((name) => name.trim().toLowerCase());
  const codings = names.filter((name) => name !== '' && name !== 'identity');
  if (codings.length > MOST_CODINGS) throw refuse(`A body can have at most ${MOST_CODINGS} content encodings.`);
  for (const coding of codings) {
    if (decoders.has(coding)) continue;
    throw refuse(
      `The gateway cannot decode the content encoding '${coding.slice(0, 40)}'. Use one of ${KNOWN}, or send the body without an encoding.`,
    );
  }
  return codings;
}

/** Refuses compressed bodies, for routes that read a body while it arrives. Throws `unsupported_media_type`. */
export function refuseCodings(request: FastifyRequest): void {
  const [coding] = codingsOf(request);
  if (coding)
    throw refuse(`This endpoint does not accept a compressed body: send it without 'Content-Encoding: ${coding}'.`);
}

async function decode(body: Buffer, codings: readonly string[], limit: number): Promise<Buffer> {
  let decoded = body;
  for (const coding of codings.toReversed()) {
    try {
      decoded = (await decoders.get(coding)?.(decoded, limit)) ?? decoded;
    } catch (cause) {
      if (systemCodeOf(cause) === 'ERR_BUFFER_TOO_LARGE') {
        throw new AppError('body_too_large', undefined, { cause });
      }
      throw new AppError('invalid_json', `The request body is not valid ${coding} data.`, { cause });
    }
  }
  return decoded;
}

interface JsonBodies {
  /** The requests of each key. */
  readonly held: HeldBytes;
  /** Receives the decoded bytes. */
  keep(request: FastifyRequest, body: Buffer): unknown;
}

/**
 * Lets the routes of a scope accept JSON, compressed or not. The limits of a body apply to the bytes that are sent and to
 * the decoded bytes.
 */
export function acceptJson(scope: FastifyInstance, { held, keep }: JsonBodies): void {
  scope.addContentTypeParser('application/json', (request, payload, done) => {
    const codings = codingsOf(request);
    const hold = holdRequest(request, held);
    collectBody(request, payload, hold, (error, body) => {
      if (!body) return done(error);
      if (codings.length === 0 || body.length === 0) return done(null, keep(request, body));
      decode(body, codings, request.routeOptions.bodyLimit)
        .then((decoded) => {
          hold.grow(Math.max(0, decoded.length - body.length));
          return keep(request, decoded);
        })
        .then((kept) => done(null, kept), done);
    });
  });
}
